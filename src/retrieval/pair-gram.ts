import { createGram, startWork, type Alignment, type Gram } from "./alignment/index.ts";
import { createTurns } from "../math/slices.ts";
import type { AlignmentKind, Modality } from "../types.ts";
import type { FlatIndex } from "./codes/flat-index.ts";
import { countOnes } from "./unit-rows.ts";
import type { Slot } from "./types.ts";

/** Numbers copied per step: a few milliseconds, during which no request is served. */
const CHUNK_NUMBERS = 2 ** 20;

/** Fits on any subset of a memory's pairs with one Gram matrix, to which only the differences are applied. */
export interface PairGram {
  /** On all live pairs; the matrix then contains these. */
  readonly fit: (kind: AlignmentKind, live: Uint8Array) => Promise<Alignment | null>;
  /**
   * On a subset; the matrix keeps containing all pairs.
   *
   * @param wanted one byte per slot, like `live`
   */
  readonly fitOn: (kind: AlignmentKind, wanted: Uint8Array, live: Uint8Array) => Promise<Alignment | null>;
}

/** @param raw the unit vectors of every slot, live or not */
export const createPairGram = (raw: Readonly<Record<Modality, FlatIndex>>): PairGram => {
  let gram: Gram | undefined;
  /** The slots whose pairs are in the matrix. */
  let members: Uint8Array = new Uint8Array(0);
  let last: Promise<unknown> = Promise.resolve();

  const rowsOf = (modality: Modality, slots: Int32Array): Float32Array => {
    const index = raw[modality];
    const rows = new Float32Array(slots.length * index.dimension);
    slots.forEach((slot, i) => rows.set(index.row(slot), i * index.dimension));
    return rows;
  };

  /**
   * @param keep whether the matrix should contain `wanted` afterwards
   * @param kind what to fit, if anything
   */
  const work = async (wanted: Uint8Array, keep: boolean, kind?: AlignmentKind): Promise<Alignment | null> => {
    const changed = { add: missing(wanted, members), remove: missing(members, wanted) };
    const all = missing(wanted, new Uint8Array(0));
    const anew = gram === undefined || changed.add.length + changed.remove.length >= all.length;
    const known = anew || gram === undefined ? createGram(raw.image.dimension, raw.text.dimension) : gram;
    const steps = anew ? { add: all, remove: new Int32Array(0) } : changed;
    // Transferred: if the work fails, the next call starts with an empty matrix.
    if (keep) [gram, members] = [undefined, new Uint8Array(0)];
    const start = keep || anew ? known : structuredClone(known);
    const started = startWork(start, steps.add.length + steps.remove.length);
    const turn = createTurns();
    const chunk = Math.ceil(CHUNK_NUMBERS / (raw.image.dimension + raw.text.dimension));
    for (const how of ["add", "remove"] as const) {
      for (let first = 0; first < steps[how].length; first += chunk) {
        await turn();
        const slots = steps[how].subarray(first, first + chunk);
        await started.update({ images: rowsOf("image", slots), texts: rowsOf("text", slots) }, how);
      }
    }
    const made = kind === undefined ? null : await started.fit(kind);
    const finished = await started.finish();
    if (keep) [gram, members] = [finished, wanted.slice()];
    return made;
  };

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    fit: (kind, live) => inTurn(() => work(live, true, kind)),
    fitOn: (kind, wanted, live) =>
      inTurn(async () => {
        // Removing the excluded pairs is then less work than adding the rest, and similar subsets, as in a
        // cross-validation, follow.
        if (gram === undefined && 2 * countOnes(wanted) > countOnes(live)) await work(live, true);
        return work(wanted, false, kind);
      }),
  };
};

/** The slots that are in `bits` but not in `others`. */
const missing = (bits: Uint8Array, others: Uint8Array): Int32Array => {
  const slots: Slot[] = [];
  for (let slot = 0; slot < bits.length; slot++) if (bits[slot] === 1 && others[slot] !== 1) slots.push(slot);
  return Int32Array.from(slots);
};
