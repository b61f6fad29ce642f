import type { AnchorView, Neighbours, Plan } from "../retrieval/index.ts";
import type { Modality } from "../types.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

/**
 * Relative representations (ASIF, arXiv 2210.01738, section 2): the similarities of each query to its k most similar
 * anchors, to the power p, normalised to L2 norm 1.
 *
 * The power keeps the sign, `sign(s) |s|^p`: p = 1 stays linear, and an anchor that points away never counts as one
 * that is near, which an even power would make of it. (The published code clips negative similarities to zero inside
 * its zero-shot function; they matter only where k is close to the number of anchors.)
 *
 * @param queries `[b, d]` row-major raw vectors of that modality; they need not be normalised
 * @returns rows in the order of the queries; empty where there are no anchors or none is similar
 */
export const relativeRepresentations = async (
  view: AnchorView,
  modality: Modality,
  queries: Float32Array,
  settings: AsifSettings,
): Promise<{ representations: RelativeRepresentations; plan: Plan }> => {
  const { neighbours, plan } = await view.search(modality, queries, settings);
  return { representations: represent(neighbours, settings.p), plan };
};

/** The rows of `neighbours` as relative representations. */
export const represent = (neighbours: Neighbours, p: number): RelativeRepresentations => {
  const { counts, width } = neighbours;
  const offsets = new Int32Array(counts.length + 1);
  counts.forEach((count, row) => (offsets[row + 1] = (offsets[row] ?? 0) + count));
  const total = offsets[counts.length] ?? 0;
  const slots = new Int32Array(total);
  const values = new Float64Array(total);
  const similarities = new Float32Array(total);
  for (let row = 0; row < counts.length; row++) {
    const from = row * width;
    const to = offsets[row] ?? 0;
    const count = counts[row] ?? 0;
    slots.set(neighbours.slots.subarray(from, from + count), to);
    similarities.set(neighbours.scores.subarray(from, from + count), to);
    powerRow(similarities.subarray(to, to + count), values.subarray(to, to + count), p);
  }
  return { count: counts.length, offsets, slots, values, similarities };
};

/** `values = sign(s) |s|^p / norm`. The largest is taken out first, so that a large p does not underflow. */
const powerRow = (similarities: Float32Array, values: Float64Array, p: number): void => {
  let largest = 0;
  for (const similarity of similarities) largest = Math.max(largest, Math.abs(similarity));
  if (largest === 0) return;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const ratio = (similarities[i] ?? 0) / largest;
    const value = Math.sign(ratio) * Math.abs(ratio) ** p;
    values[i] = value;
    sum += value * value;
  }
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * scale;
};

/**
 * The mean of groups of rows, normalised again: the representation of a class by all its prompts.
 *
 * @param sizes how many consecutive rows each group has
 */
export const meanRepresentations = (
  rows: RelativeRepresentations,
  sizes: readonly number[],
  slotCount: number,
): RelativeRepresentations => {
  const sums = new Float64Array(slotCount);
  const nearest = new Float32Array(slotCount);
  const parts: { slots: number[]; values: number[]; similarities: number[] }[] = [];
  let row = 0;
  for (const size of sizes) {
    const touched: number[] = [];
    const seen = new Set<number>();
    for (const last = row + size; row < last; row++) {
      for (let i = rows.offsets[row] ?? 0; i < (rows.offsets[row + 1] ?? 0); i++) {
        const slot = rows.slots[i] ?? 0;
        const similarity = rows.similarities[i] ?? 0;
        if (!seen.has(slot)) {
          seen.add(slot);
          touched.push(slot);
          nearest[slot] = similarity;
        }
        sums[slot] = (sums[slot] ?? 0) + (rows.values[i] ?? 0);
        nearest[slot] = Math.max(nearest[slot] ?? 0, similarity);
      }
    }
    const norm = Math.sqrt(touched.reduce((sum, slot) => sum + (sums[slot] ?? 0) ** 2, 0));
    parts.push({
      slots: touched,
      values: touched.map((slot) => (norm === 0 ? 0 : (sums[slot] ?? 0) / norm)),
      similarities: touched.map((slot) => nearest[slot] ?? 0),
    });
    for (const slot of touched) sums[slot] = 0;
  }
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => (offsets[i + 1] = (offsets[i] ?? 0) + part.slots.length));
  return {
    count: parts.length,
    offsets,
    slots: Int32Array.from(parts.flatMap((part) => part.slots)),
    values: Float64Array.from(parts.flatMap((part) => part.values)),
    similarities: Float32Array.from(parts.flatMap((part) => part.similarities)),
  };
};
