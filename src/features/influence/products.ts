import type { Slices } from "../../math/slices.ts";
import type { Holders, LeaveOutRows } from "./rows.ts";

/** Inner products of rows of values, `[images, texts]` row-major. */
export interface Products {
  readonly whole: Float64Array;
  /** With the next anchor in the image's row. */
  readonly imageNext: Float64Array;
  /** With the next anchor in the text's row. */
  readonly textNext: Float64Array;
}

/** @param holders of the text rows */
export const productsOf = async (
  images: LeaveOutRows,
  texts: LeaveOutRows,
  holders: Holders,
  slotCount: number,
  slices: Slices,
): Promise<Products> => {
  const columns = texts.count;
  const whole = new Float64Array(images.count * columns);
  const imageNext = new Float64Array(whole.length);
  const textNext = new Float64Array(whole.length);
  const spread = new Float64Array(slotCount);
  for (let i = 0; i < images.count; i++) {
    const [from, to] = [images.offsets[i] ?? 0, images.offsets[i + 1] ?? 0];
    for (let at = from; at < to; at++) spread[images.slots[at] ?? 0] = images.values[at] ?? 0;
    for (let t = 0; t < columns; t++) {
      let sum = 0;
      const end = texts.offsets[t + 1] ?? 0;
      for (let at = texts.offsets[t] ?? 0; at < end; at++) {
        sum += (texts.values[at] ?? 0) * (spread[texts.slots[at] ?? 0] ?? 0);
      }
      whole[i * columns + t] = sum;
      imageNext[i * columns + t] = sum;
      const coming = texts.next[t] ?? -1;
      textNext[i * columns + t] = coming < 0 ? sum : sum + (texts.nextValues[t] ?? 0) * (spread[coming] ?? 0);
    }
    for (let at = from; at < to; at++) spread[images.slots[at] ?? 0] = 0;
    const coming = images.next[i] ?? -1;
    if (coming >= 0) {
      const value = images.nextValues[i] ?? 0;
      for (let at = holders.offsets[coming] ?? 0; at < (holders.offsets[coming + 1] ?? 0); at++) {
        const cell = i * columns + (holders.rows[at] ?? 0);
        imageNext[cell] = (imageNext[cell] ?? 0) + value * (texts.values[holders.entries[at] ?? 0] ?? 0);
      }
    }
    if (slices.due()) await slices.rest();
  }
  return { whole, imageNext, textNext };
};
