import { meanRepresentations, represent, type ValueSettings } from "../../asif/relative.ts";
import type { RelativeRepresentations } from "../../asif/types.ts";
import type { Candidates } from "./candidates.ts";
import type { LeaveOutRows } from "./rows.ts";

/** Scores bit for bit as a classification without the anchor computes them. */
export interface ExactScores {
  /** All values below are without this anchor. */
  readonly leaveOut: (slot: number) => void;
  readonly score: (image: number, candidate: number) => number;
}

export const createExactScores = (
  images: LeaveOutRows,
  texts: LeaveOutRows,
  { offsets, rows }: Candidates,
  slotCount: number,
  settings: ValueSettings,
  isMean: boolean,
): ExactScores => {
  let left = -1;
  let imageRow: { image: number; values: Map<number, number> } | undefined;
  const candidateRows = new Map<number, RelativeRepresentations>();

  const imageValues = (image: number): Map<number, number> => {
    if (imageRow?.image !== image) {
      const { slots, values } = represented(images, [image], left, settings);
      imageRow = { image, values: new Map(Array.from(slots, (slot, i) => [slot, values[i] ?? 0])) };
    }
    return imageRow.values;
  };

  const candidateRow = (q: number): RelativeRepresentations => {
    let row = candidateRows.get(q);
    if (row === undefined) {
      const members = Array.from(rows.subarray(offsets[q], offsets[q + 1]));
      const made = represented(texts, members, left, settings);
      row = isMean ? meanRepresentations(made, [members.length], slotCount) : made;
      candidateRows.set(q, row);
    }
    return row;
  };

  return {
    leaveOut: (slot) => {
      left = slot;
      imageRow = undefined;
      candidateRows.clear();
    },
    score: (image, q) => {
      const values = imageValues(image);
      const row = candidateRow(q);
      let sum = 0;
      // In the summation order that is used everywhere.
      row.slots.forEach((slot, i) => (sum += (row.values[i] ?? 0) * (values.get(slot) ?? 0)));
      return sum;
    },
  };
};

/** Some rows without an anchor, replaced by the next nearest one. */
const represented = (
  { neighbours, k }: LeaveOutRows,
  which: readonly number[],
  left: number,
  settings: ValueSettings,
): RelativeRepresentations => {
  const { width } = neighbours;
  const counts = new Int32Array(which.length);
  const slots = new Int32Array(which.length * width);
  const scores = new Float32Array(which.length * width);
  which.forEach((row, to) => {
    const from = row * width;
    let filled = 0;
    for (let i = from; i < from + (neighbours.counts[row] ?? 0) && filled < k; i++) {
      const slot = neighbours.slots[i] ?? 0;
      if (slot === left) continue;
      slots[to * width + filled] = slot;
      scores[to * width + filled] = neighbours.scores[i] ?? 0;
      filled++;
    }
    counts[to] = filled;
  });
  return represent({ width, counts, slots, scores }, settings);
};
