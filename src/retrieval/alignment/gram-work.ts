import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { AlignmentKind } from "../../types.ts";
import { fitAlignment } from "./fit.ts";
import { updateGram, type Gram, type Pairs } from "./gram.ts";
import type { GramReply, GramTask } from "./gram-worker.ts";
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
export const startWork = async (gram: Gram, rows: number): Promise<GramWork> => {
  const [d1, d2] = [gram.imageDimension, gram.textDimension];
  const fitting = Math.max(d1, d2) ** 3 / 3 + Math.max(d1, d2) * d1 * d2 + 20 * Math.min(d1, d2) ** 3;
  if (rows * (d1 * d1 + d2 * d2 + d1 * d2) + fitting > SMALL) return startThread(gram);
  return {
    update: (pairs, how) => updateGram(gram, pairs, how),
    fit: (kind) => fitAlignment(gram, kind),
    finish: () => Promise.resolve(gram),
  };
};

const startThread = async (gram: Gram): Promise<GramWork> => {
  const thread = new Worker(new URL("./gram-thread.mjs", import.meta.url), {
    workerData: gram,
    transferList: [gram.imageSums, gram.textSums, gram.images, gram.texts, gram.cross].map(
      ({ buffer }) => buffer as ArrayBuffer,
    ),
    execArgv: [],
  });
  const ask = async (task: GramTask, moved: ArrayBuffer[] = []): Promise<Alignment | Gram | null> => {
    thread.postMessage(task, moved);
    // An "error" of the thread is thrown by `once`.
    const [reply] = (await once(thread, "message")) as [GramReply];
    if ("value" in reply) return reply.value;
    await thread.terminate();
    throw new Error(reply.error);
  };
  return Promise.resolve({
    update: async (pairs, how) => {
      await ask({ pairs, how }, [pairs.images.buffer as ArrayBuffer, pairs.texts.buffer as ArrayBuffer]);
    },
    fit: async (kind) => (await ask({ kind })) as Alignment | null,
    finish: async () => (await ask({ done: true })) as Gram,
  });
};
