import type { AnchorId, AsifParameters, TransformKind } from "../types.ts";

/** Everything that a relative representation depends on beside the anchors themselves. */
export interface AsifSettings extends AsifParameters {
  readonly transform: TransformKind;
  /** One byte a slot: the anchors that serve as memory; absent: all live ones. */
  readonly allow?: Uint8Array;
  readonly exact?: boolean;
  readonly ef?: number;
}

/** Sparse rows over slots, each of L2 norm 1 (or empty), values descending, ties by anchor id. */
export interface RelativeRepresentations {
  readonly count: number;
  /** Row r is at `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  readonly values: Float64Array;
  /** The similarities that the values were made from. */
  readonly similarities: Float32Array;
}

export interface Contribution {
  readonly anchor: AnchorId;
  readonly text: string | null;
  /** The product of both sides' values; those of all anchors add up to the score. */
  readonly contribution: number;
  readonly imageSimilarity: number;
  readonly textSimilarity: number;
}
