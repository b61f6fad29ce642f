import { createTurns } from "../../math/slices.ts";
import { BLOCK_ROWS, EXTENT_ROWS } from "../codes/layout.ts";
import { createSegment, type Segment } from "../codes/segment.ts";
import type { Slot } from "../types.ts";
import type { RowCodes } from "./types.ts";

/** Rows coded between two looks at the clock. */
const ROWS_A_TURN = 256;

/**
 * Codes rows in the order of their slots, in slices.
 *
 * @throws RangeError where there is no memory
 */
export const codeInOrder = async (
  slots: ArrayLike<Slot>,
  { dimension, row }: { readonly dimension: number; readonly row: (slot: Slot) => Float32Array },
  signal: AbortSignal,
): Promise<Segment> => {
  const segment = createSegment(dimension);
  const turn = createTurns(signal);
  for (let position = 0; position < slots.length; position++) {
    if (position % BLOCK_ROWS === 0 && segment.addBlock() === undefined)
      throw new RangeError("a segment of codes cannot grow");
    const slot = slots[position] ?? -1;
    segment.write(position, slot, row(slot), 0);
    if (position % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
  }
  return segment;
};

/** The first rows of a segment as a build of lists reads them. */
export const rowsOfSegment = (segment: Segment, count: number): RowCodes => {
  const { buffer } = segment.handle.memory;
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError("the memory of a segment is shared");
  return {
    buffer,
    dimension: segment.handle.dimension,
    stride: segment.stride,
    runs: segment.extents(count).flatMap(({ codesAt, scalesAt }, i) => {
      const rows = Math.min(EXTENT_ROWS, count - i * EXTENT_ROWS);
      return rows > 0 ? [{ codes: codesAt, scales: scalesAt, rows }] : [];
    }),
  };
};
