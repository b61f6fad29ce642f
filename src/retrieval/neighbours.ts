import type { Neighbours } from "./types.ts";

/** Allocates `width` neighbours for each of `batch` queries, initially none. */
export const emptyNeighbours = (batch: number, width: number): Neighbours => ({
  width,
  counts: new Int32Array(batch),
  slots: new Int32Array(batch * width).fill(-1),
  scores: new Float32Array(batch * width),
});
