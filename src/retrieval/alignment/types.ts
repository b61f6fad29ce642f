import type { AlignmentKind } from "../../types.ts";

/** The map of one side's unit rows: subtract the mean, then project. */
export interface Side {
  /** `[d]` */
  readonly mean: Float32Array;
  /** `[rank, d]`; null: no projection. */
  readonly projection: Float32Array | null;
}

/** A pair of linear maps into one space, fitted on pairs of unit rows in closed form. */
export interface Alignment {
  readonly kind: AlignmentKind;
  readonly image: Side;
  readonly text: Side;
  /** Canonical correlations, `[rank]`, descending, in (0, 1]; null if all directions have the same weight. */
  readonly weights: Float32Array | null;
}
