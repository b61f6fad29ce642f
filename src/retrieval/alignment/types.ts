import type { AlignmentKind } from "../../types.ts";

/** What a fit does to one side's unit rows: it subtracts the mean, then projects. */
export interface Side {
  /** `[d]` */
  readonly mean: Float32Array;
  /** `[rank, d]`; null where rows stay as they are. */
  readonly projection: Float32Array | null;
}

/** A pair of linear maps into one space, fitted on pairs of unit rows in closed form. */
export interface Alignment {
  readonly kind: AlignmentKind;
  readonly image: Side;
  readonly text: Side;
  /** Canonical correlations, `[rank]`, descending, in (0, 1]; null where each direction counts the same. */
  readonly weights: Float32Array | null;
}
