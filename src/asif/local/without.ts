import type { Slices } from "../../math/slices.ts";
import type { Neighbours, Slot } from "../../retrieval/index.ts";
import { OTHER_MODALITY, type Modality } from "../../types.ts";
import { represent } from "../relative.ts";
import { kernelMatrix, solveWith, NEAREST, scaleToUnitNorm, sumOfRows } from "./regression.ts";
import { widthOf, type Frame, type LocalTexts } from "./inputs.ts";

/** Inputs of one modality that can lose any anchor: the next nearest comes in then. */
export interface SpareRows {
  readonly modality: Modality;
  readonly count: number;
  /** One more of each row than the method needs. */
  readonly neighbours: Neighbours;
  /** Of the nearest of each row, one more than a regression takes. */
  readonly kernels: readonly Float32Array[];
  /** `[count, d]` row-major */
  readonly transformed: Float32Array;
}

/** @param queries raw vectors of the modality, `[count, d]`; they are searched for exactly */
export const spareRows = async (
  frame: Frame,
  modality: Modality,
  queries: Float32Array,
  slices: Slices,
): Promise<SpareRows> => {
  const look = frame[modality];
  const { allow } = frame.settings;
  const transformed = await look.show(queries);
  const neighbours = await look.search(transformed, {
    k: widthOf(frame) + 1,
    ...(allow === undefined ? {} : { allow }),
  });
  const count = neighbours.counts.length;
  const kernels: Float32Array[] = [];
  for (let row = 0; row < count; row++) {
    const near = Math.min(neighbours.counts[row] ?? 0, NEAREST + 1);
    const from = row * neighbours.width;
    kernels.push(await kernelMatrix(look.rows(neighbours.slots.subarray(from, from + near)), near));
    if (slices.due()) await slices.rest();
  }
  return { modality, count, neighbours, kernels, transformed };
};

/** Some rows as they are without an anchor. @param slot -1: as they are with all */
export const rowsWithout = (
  frame: Frame,
  spare: SpareRows,
  which: readonly number[],
  slot: Slot,
): LocalTexts => {
  const { modality, neighbours, kernels, transformed } = spare;
  const { width } = neighbours;
  const far = frame[OTHER_MODALITY[modality]];
  const [d, own] = [far.dimension, transformed.length / Math.max(1, spare.count)];
  const left = leftOf(frame, neighbours, which, slot);
  const offsets = new Int32Array(which.length + 1);
  left.counts.forEach((count, i) => (offsets[i + 1] = (offsets[i] ?? 0) + Math.min(count, NEAREST)));
  const slots = new Int32Array(offsets[which.length] ?? 0);
  const weights = new Float64Array(slots.length);
  const directions = new Float64Array(which.length * d);
  const rows = new Float32Array(which.length * own);
  which.forEach((row, i) => {
    const [first, last] = [offsets[i] ?? 0, offsets[i + 1] ?? 0];
    const from = i * left.width;
    const near = slots.subarray(first, last);
    near.set(left.slots.subarray(from, from + near.length));
    const gone = neighbours.slots.subarray(row * width, row * width + NEAREST + 1).indexOf(slot);
    const places = near.map((_, place) => (gone >= 0 && place >= gone ? place + 1 : place));
    const similarities = left.scores.subarray(from, from + near.length);
    const solved = solveWith(kernels[row] ?? new Float32Array(), similarities, places);
    const direction = directions.subarray(i * d, (i + 1) * d);
    sumOfRows(far.rows(near), solved, direction);
    const scale = scaleToUnitNorm(direction);
    solved.forEach((weight, at) => (weights[first + at] = scale * weight));
    rows.set(transformed.subarray(row * own, (row + 1) * own), i * own);
  });
  const { k } = frame.settings;
  const counts = left.counts.map((count) => Math.min(count, k));
  return {
    count: which.length,
    relative: frame.method === "local" ? null : represent({ ...left, counts }, frame.settings),
    local: { count: which.length, offsets, slots, weights, directions },
    transformed: rows,
  };
};

/** As many neighbours of some rows as the method needs, without an anchor. */
const leftOf = (
  frame: Frame,
  { width, counts, slots, scores }: Neighbours,
  which: readonly number[],
  slot: Slot,
): Neighbours => {
  const kept = Math.min(width, widthOf(frame));
  const left = {
    width: kept,
    counts: new Int32Array(which.length),
    slots: new Int32Array(which.length * kept),
    scores: new Float32Array(which.length * kept),
  };
  which.forEach((row, i) => {
    let filled = 0;
    const end = row * width + (counts[row] ?? 0);
    for (let at = row * width; at < end && filled < kept; at++) {
      if (slots[at] === slot) continue;
      left.slots[i * kept + filled] = slots[at] ?? 0;
      left.scores[i * kept + filled] = scores[at] ?? 0;
      filled++;
    }
    left.counts[i] = filled;
  });
  return left;
};
