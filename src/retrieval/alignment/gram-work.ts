import type { AlignmentKind } from "../../types.ts";
import { openWorker } from "../../worker.ts";
import { fitAlignment } from "./fit.ts";
import { updateGram, type Gram, type Pairs } from "./gram.ts";
import { buffersOf, type GramCalls } from "./gram-worker.ts";
import type { Alignment } from "./types.ts";

/** Multiplications up to which work takes less time than a thread takes to start. */
const SMALL = 20_000_000;

/** A Gram matrix at work. Each method resolves before the next is called. */
export interface GramWork {
  /** @param pairs given away */
  readonly update: (pairs: Pairs, how: "add" | "remove") => Promise<void>;
  readonly fit: (kind: AlignmentKind) => Promise<Alignment | null>;
  /** The matrix as it is now. */
  readonly finish: () => Promise<Gram>;
}

/**
 * Starts work on `gram`, which is given away: on a thread of its own where it would keep requests waiting.
 *
 * @param rows how many pairs will be added or removed
 */
export const startWork = (gram: Gram, rows: number): GramWork => {
  const [d1, d2] = [gram.imageDimension, gram.textDimension];
  const fitting = Math.max(d1, d2) ** 3 / 3 + Math.max(d1, d2) * d1 * d2 + 20 * Math.min(d1, d2) ** 3;
  if (rows * (d1 * d1 + d2 * d2 + d1 * d2) + fitting > SMALL) return startThread(gram);
  return {
    update: (pairs, how) => updateGram(gram, pairs, how),
    fit: (kind) => fitAlignment(gram, kind),
    finish: () => Promise.resolve(gram),
  };
};

const startThread = (gram: Gram): GramWork => {
  const module = new URL("./gram-worker.ts", import.meta.url);
  const worker = openWorker<GramCalls>(module, gram, { transfer: buffersOf(gram) });
  const orClose = async <T>(called: Promise<T>): Promise<T> => {
    try {
      return await called;
    } catch (error) {
      await worker.close();
      throw error;
    }
  };
  return {
    update: (pairs, how) => {
      const moved = [pairs.images.buffer as ArrayBuffer, pairs.texts.buffer as ArrayBuffer];
      return orClose(worker.call("update", { pairs, how }, moved));
    },
    fit: (kind) => orClose(worker.call("fit", kind)),
    finish: async () => {
      const finished = await orClose(worker.call("finish", undefined));
      await worker.close();
      return finished;
    },
  };
};
