import { createSlices } from "../../math/slices.ts";
import { AnchorageError } from "../../errors.ts";
import { errorStep } from "./coding.ts";
import { BLOCK_ROWS, EXTENT_ROWS } from "./layout.ts";
import type { RowStore } from "./rows.ts";
import { createSegment, type Segment } from "./segment.ts";

/** Rows that are coded without a pause. */
const FEW = 1_024;
/** Rows that are coded between two looks at the clock. */
const STEP = 64;

/** Consecutive slots in a segment: the slot at position p is `firstSlot + p`. */
export interface CodedRange {
  readonly segment: Segment;
  readonly firstSlot: number;
  readonly rows: number;
  /** The greatest error of its rows. */
  readonly error: number;
}

/** The codes of all slots in order, in as many segments as they need. */
export interface SlotCodes {
  /** Codes the rows up to `slots` that are not coded yet; in slices, where they are many. */
  readonly codeUpTo: (slots: number) => Promise<void>;
  /** Codes what was added, if all before it is coded; else that is left to {@link codeUpTo}. */
  readonly follow: () => void;
  readonly ranges: (slots: number) => readonly CodedRange[];
}

export const createSlotCodes = (rows: RowStore): SlotCodes => {
  const { dimension } = rows;
  const ranges: { segment: Segment; firstSlot: number; rows: number; error: number }[] = [];
  let coded = 0;
  let coding: Promise<void> = Promise.resolve();

  const addRange = (): (typeof ranges)[number] => {
    const range = { segment: createSegment(dimension), firstSlot: coded, rows: 0, error: 0 };
    if (range.segment.addBlock() === undefined)
      throw new AnchorageError("unavailable", "Memory for the codes of vectors could not be had.");
    ranges.push(range);
    return range;
  };

  const codeNext = (): void => {
    let range = ranges.at(-1) ?? addRange();
    const isFull = range.rows === range.segment.blocks() * BLOCK_ROWS;
    if (isFull && range.segment.addBlock() === undefined) range = addRange();
    const position = range.rows;
    range.segment.write(position, coded, rows.row(coded), 0);
    const extent = range.segment.extents(position + 1)[Math.floor(position / EXTENT_ROWS)];
    const error = (extent?.errors[position % EXTENT_ROWS] ?? 255) * errorStep(dimension);
    range.error = Math.max(range.error, error);
    range.rows++;
    coded++;
  };

  const codeInSlices = async (slots: number): Promise<void> => {
    const slices = createSlices();
    while (coded < slots) {
      for (let i = 0; i < STEP && coded < slots; i++) codeNext();
      if (slices.due()) await slices.rest();
    }
  };

  return {
    codeUpTo: async (slots) => {
      if (coded >= slots) return;
      if (slots - coded <= FEW) {
        while (coded < slots) codeNext();
        return;
      }
      const turn = coding.then(() => codeInSlices(slots));
      coding = turn.catch(() => undefined);
      await turn;
    },
    follow: () => {
      if (coded === 0 || rows.count() - coded > FEW) return;
      while (coded < rows.count()) codeNext();
    },
    ranges: (slots) =>
      ranges.flatMap((range) => {
        const within = Math.min(range.rows, slots - range.firstSlot);
        return within > 0 ? [{ ...range, rows: within }] : [];
      }),
  };
};
