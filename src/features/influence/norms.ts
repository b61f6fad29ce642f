import type { Slices } from "../../math/slices.ts";
import type { Candidates } from "./candidates.ts";
import type { LeaveOutRows } from "./rows.ts";

/** Relative error bound of a norm. */
export const NORM_ERROR = 1e-10;

/** The norms of candidates' sums of unit rows, with and without an anchor; 1 for a candidate of one row. */
export interface CandidateNorms {
  readonly whole: Float64Array;
  /**
   * @param entryOf position of the anchor in each row, or -1
   * @returns NaN if cancellation makes its error larger than {@link NORM_ERROR}
   */
  readonly without: (candidate: number, entryOf: Int32Array) => number;
}

export const inverse = (norm: number): number => (norm === 0 ? 0 : 1 / norm);

export const candidateNorms = async (
  texts: LeaveOutRows,
  { count, offsets, rows }: Candidates,
  slotCount: number,
  rounding: number,
  slices: Slices,
): Promise<CandidateNorms> => {
  const { values, norms, normsWithout, next, nextValues } = texts;
  const spread = new Float64Array(slotCount);

  /** Inner products of a candidate's rows, and the values of each row at the next anchors of the others. */
  const crossed = (members: Int32Array): { products: Float64Array; atNext: Float64Array } => {
    const size = members.length;
    const products = new Float64Array(size * size);
    const atNext = new Float64Array(size * size);
    members.forEach((row, s) => {
      const [from, to] = [texts.offsets[row] ?? 0, texts.offsets[row + 1] ?? 0];
      for (let i = from; i < to; i++) spread[texts.slots[i] ?? 0] = values[i] ?? 0;
      members.forEach((other, t) => {
        let sum = 0;
        for (let i = texts.offsets[other] ?? 0; i < (texts.offsets[other + 1] ?? 0); i++)
          sum += (values[i] ?? 0) * (spread[texts.slots[i] ?? 0] ?? 0);
        products[s * size + t] = sum;
        const coming = next[other] ?? -1;
        atNext[s * size + t] = coming < 0 ? 0 : (spread[coming] ?? 0);
      });
      for (let i = from; i < to; i++) spread[texts.slots[i] ?? 0] = 0;
    });
    return { products, atNext };
  };

  const crossings: (({ members: Int32Array } & ReturnType<typeof crossed>) | undefined)[] = [];
  for (let q = 0; q < count; q++) {
    const members = rows.subarray(offsets[q], offsets[q + 1]);
    crossings.push(members.length === 1 ? undefined : { members, ...crossed(members) });
    if (slices.due()) await slices.rest();
  }

  const without = (q: number, entryOf: Int32Array): number => {
    const crossing = crossings[q];
    if (crossing === undefined) return 1;
    const { members, products, atNext } = crossing;
    const size = members.length;
    let squares = 0;
    // The sum of the absolute terms, about 1e-13 of which is rounding.
    let magnitude = 0;
    for (let s = 0; s < size; s++) {
      const rowS = members[s] ?? 0;
      const entryS = entryOf[rowS] ?? -1;
      const scaleS = inverse(entryS < 0 ? (norms[rowS] ?? 0) : (normsWithout[entryS] ?? 0));
      if (scaleS !== 0) squares++;
      for (let t = 0; t < s; t++) {
        const rowT = members[t] ?? 0;
        const entryT = entryOf[rowT] ?? -1;
        const scaleT = inverse(entryT < 0 ? (norms[rowT] ?? 0) : (normsWithout[entryT] ?? 0));
        let product = products[s * size + t] ?? 0;
        let added = Math.abs(product);
        if (entryS >= 0) product += (nextValues[rowS] ?? 0) * (atNext[t * size + s] ?? 0);
        if (entryT >= 0) product += (nextValues[rowT] ?? 0) * (atNext[s * size + t] ?? 0);
        if (entryS >= 0 && entryT >= 0) {
          const taken = (values[entryS] ?? 0) * (values[entryT] ?? 0);
          product -= taken;
          added += Math.abs(taken);
          if (next[rowS] === next[rowT]) product += (nextValues[rowS] ?? 0) * (nextValues[rowT] ?? 0);
        }
        squares += 2 * product * scaleS * scaleT;
        magnitude += 2 * added * scaleS * scaleT;
      }
    }
    return squares * NORM_ERROR > rounding * (magnitude + size) ? Math.sqrt(squares) : NaN;
  };

  const untouched = new Int32Array(texts.count).fill(-1);
  const whole = Float64Array.from({ length: count }, (_, q) => without(q, untouched));
  return { whole, without };
};
