import { createTurns } from "../../math/slices.ts";
import { BLOCK_ROWS, EXTENT_ROWS } from "../codes/layout.ts";
import { createSegment, type Segment } from "../codes/segment.ts";
import type { Slot } from "../types.ts";
import type { RowCodes } from "./types.ts";

/** Rows coded between two looks at the clock. */
const ROWS_A_TURN = 256;

/** Coded rows in order of their slots. */
export interface CodedSlots {
  readonly segment: Segment;
  readonly count: number;
}

/**
 * Codes the rows of live slots in their order, in slices.
 *
 * @param slotCount one more than the last slot
 * @throws RangeError where there is no memory
 */
export const codeInOrder = async (
  slotCount: number,
  {
    dimension,
    row,
    isLive,
  }: {
    readonly dimension: number;
    readonly row: (slot: Slot) => Float32Array;
    readonly isLive: (slot: Slot) => boolean;
  },
  signal: AbortSignal,
): Promise<CodedSlots> => {
  const segment = createSegment(dimension);
  const turn = createTurns(signal);
  let count = 0;
  for (let slot = 0; slot < slotCount; slot++) {
    if (slot % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
    if (!isLive(slot)) continue;
    if (count % BLOCK_ROWS === 0 && segment.addBlock() === undefined)
      throw new RangeError("a segment of codes cannot grow");
    segment.write(count++, slot, row(slot), 0);
  }
  return { segment, count };
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
