import type { Slices } from "../../math/slices.ts";
import type { Candidates } from "./candidates.ts";
import { inverse, type CandidateNorms } from "./norms.ts";
import type { Products } from "./products.ts";
import type { LeaveOutRows } from "./rows.ts";

/**
 * Bounds of each image's scores, `[images, candidates]` row-major, which show for most anchors at once that no answer
 * changes without them. No score here is divided by the image's norm.
 */
export interface Standing {
  /**
   * Candidates sorted by descending score, ties by class: for the image's row as it is, and with its next anchor; the
   * candidate's rows are unchanged.
   */
  readonly order: Int32Array;
  readonly orderNext: Int32Array;
  /** Upper bound of a score, apart from smaller norms, if no value is negative. */
  readonly ceilings: Float64Array;
  /** The images in which a candidate comes first, or may come first within rounding. */
  readonly leads: readonly (readonly number[])[];
  /** For each candidate the images sorted by how close it can come to their best score, and that ratio. */
  readonly challenged: Int32Array;
  readonly shares: Float64Array;
}

/** Rounding error bound of a score; see `standingOf`. */
export type Tolerance = (image: number, candidate: number, score: number) => number;

export const standingOf = async (
  images: LeaveOutRows,
  texts: LeaveOutRows,
  candidates: Candidates,
  norms: CandidateNorms,
  { whole, imageNext, textNext }: Products,
  tolerance: Tolerance,
  slices: Slices,
): Promise<Standing> => {
  const { count, offsets, rows, classes } = candidates;
  const columns = texts.count;
  const n = images.count;
  const scores = new Float64Array(count);
  const scoresNext = new Float64Array(count);
  const order = new Int32Array(n * count);
  const orderNext = new Int32Array(n * count);
  const reach = new Float64Array(n * count);
  const ceilings = new Float64Array(n * count);
  const leads = Array.from({ length: count }, (): number[] => []);
  const inverses = texts.norms.map(inverse);
  const mosts = new Float64Array(count);
  for (let i = 0; i < n; i++) {
    const at = i * count;
    let best = -Infinity;
    for (let q = 0; q < count; q++) {
      let [sum, sumNext, most, ceiling] = [0, 0, 0, 0];
      for (let r = offsets[q] ?? 0; r < (offsets[q + 1] ?? 0); r++) {
        const row = rows[r] ?? 0;
        const cell = i * columns + row;
        const scale = inverses[row] ?? 0;
        const product = whole[cell] ?? 0;
        sum += product * scale;
        sumNext += (imageNext[cell] ?? 0) * scale;
        const withText = textNext[cell] ?? 0;
        most += Math.max(product, withText, 0) * scale;
        const isSame = (texts.next[row] ?? -1) >= 0 && texts.next[row] === images.next[i];
        const both = isSame ? (images.nextValues[i] ?? 0) * (texts.nextValues[row] ?? 0) : 0;
        ceiling += ((imageNext[cell] ?? 0) + withText - product + both) * scale;
      }
      const norm = norms.whole[q] ?? NaN;
      // A candidate of unknown norm is always checked individually.
      scores[q] = Number.isNaN(norm) ? -Infinity : sum / norm;
      scoresNext[q] = Number.isNaN(norm) ? -Infinity : sumNext / norm;
      mosts[q] = most / norm;
      ceilings[at + q] = Number.isNaN(norm) ? Infinity : ceiling / norm;
      best = Math.max(best, scores[q] ?? 0);
    }
    for (let q = 0; q < count; q++) {
      const score = scores[q] ?? 0;
      const slack = tolerance(i, q, score);
      const threshold = best - tolerance(i, q, best);
      const most = mosts[q] ?? NaN;
      const unknown = score === -Infinity;
      const unbounded = unknown || threshold < 0 || (threshold === 0 && slack > 0);
      if (unbounded) reach[at + q] = Infinity;
      else reach[at + q] = most === 0 ? 0 : (most + slack) / threshold;
      // A score of exactly zero cannot fall; if it rises, the image is checked.
      const isZero = score === 0 && slack === 0;
      if (unknown || (!isZero && score + slack >= threshold)) leads[q]?.push(i);
    }
    if (slices.due()) await slices.rest();
    rank(scores, classes, order.subarray(at, at + count));
    rank(scoresNext, classes, orderNext.subarray(at, at + count));
  }
  const challenged = new Int32Array(n * count);
  const shares = new Float64Array(n * count);
  for (let q = 0; q < count; q++) {
    const some = challenged.subarray(q * n, (q + 1) * n);
    for (let i = 0; i < n; i++) some[i] = i;
    some.sort((a, b) => (reach[b * count + q] ?? 0) - (reach[a * count + q] ?? 0) || a - b);
    some.forEach((image, i) => (shares[q * n + i] = reach[image * count + q] ?? 0));
    if (slices.due()) await slices.rest();
  }
  return { order, orderNext, ceilings, leads, challenged, shares };
};

const rank = (scores: Float64Array, classes: Int32Array, order: Int32Array): void => {
  for (let q = 0; q < order.length; q++) order[q] = q;
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || (classes[a] ?? 0) - (classes[b] ?? 0));
};
