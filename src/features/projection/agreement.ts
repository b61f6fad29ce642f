import { dot } from "../../math/dot.ts";
import type { Look } from "../../retrieval/index.ts";
import { createTurns } from "../../math/slices.ts";
import type { NeighbourRows } from "./place.ts";

/**
 * How far the text of each anchor agrees with its image: the mean cosine of its caption and the captions of its nearest
 * pictures. Low where pictures that look alike are captioned otherwise.
 *
 * @param texts the captions as the collection's transform shows them
 * @param slots the anchors
 * @param near their nearest pictures, positions in `others`
 * @returns one number for each anchor, -1 to 1; NaN without neighbours
 */
export const pairAgreement = async (
  texts: Pick<Look, "rows" | "dimension">,
  slots: Int32Array,
  others: Int32Array,
  { counts, width, indices }: NeighbourRows,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> => {
  const d = texts.dimension;
  const agreement = new Float32Array(slots.length);
  const turn = createTurns(signal);
  for (let row = 0; row < slots.length; row++) {
    const count = counts[row] ?? 0;
    const own = texts.rows(slots.subarray(row, row + 1));
    const near = indices.subarray(row * width, row * width + count).map((position) => others[position] ?? 0);
    const rows = texts.rows(near);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += dot(own, rows.subarray(i * d, (i + 1) * d));
    agreement[row] = count === 0 ? NaN : sum / count;
    await turn();
  }
  return agreement;
};
