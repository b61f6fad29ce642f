import type { Neighbours } from "./types.ts";

/** Room for `width` neighbours of each of `batch` queries, none of which is found yet. */
export const emptyNeighbours = (batch: number, width: number): Neighbours => ({
  width,
  counts: new Int32Array(batch),
  slots: new Int32Array(batch * width).fill(-1),
  scores: new Float32Array(batch * width),
});
