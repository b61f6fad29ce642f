import { openWorker } from "../../../worker.ts";
import type { NamedFile } from "../../../retrieval/built-index/files.ts";
import type { InsertCalls } from "./insert-worker.ts";
import type { GraphTask } from "./insert.ts";

/**
 * Runs `insertRows` on a thread, because inserting is synchronous.
 *
 * @throws the reason of `signal` if it aborts, after the thread has ended; saved work stays
 */
export const insertApart = async (
  task: GraphTask,
  signal: AbortSignal,
  onProgress: (inserted: number) => void,
): Promise<NamedFile> => {
  const worker = openWorker<InsertCalls>(new URL("./insert-worker.ts", import.meta.url), undefined, {
    signal,
    onNotice: (inserted) => {
      if (typeof inserted === "number") onProgress(inserted);
    },
  });
  try {
    return await worker.call("insert", task);
  } finally {
    await worker.close();
  }
};
