import type { AlignmentKind } from "../../types.ts";
import { openWorker } from "../../worker.ts";
import { fitAlignment } from "./fit.ts";
import { updateGram, type Gram, type Pairs } from "./gram.ts";
import { buffersOf, type GramCalls } from "./gram-worker.ts";
import type { Alignment } from "./types.ts";

/** Up to this number of multiplications the work takes less time than starting a thread. */
const SMALL = 20_000_000;

/** Updates of a Gram matrix. Each call must resolve before the next is made. */
export interface GramWork {
  /** @param pairs transferred; unusable afterwards */
  readonly update: (pairs: Pairs, how: "add" | "remove") => Promise<void>;
  readonly fit: (kind: AlignmentKind) => Promise<Alignment | null>;
  /** The current matrix. */
  readonly finish: () => Promise<Gram>;
}

/**
 * Starts updates of `gram`, which is transferred. Long work runs on a thread, so that it does not delay requests.
 *
 * @param rows number of pairs to add or remove
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
