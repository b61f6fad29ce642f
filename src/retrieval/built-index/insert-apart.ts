import { openWorker } from "../../worker.ts";
import type { NamedFile } from "./files.ts";
import type { InsertCalls } from "./insert-worker.ts";
import type { GraphTask } from "./insert.ts";

/**
 * Builds a graph as `insertRows` does, on a thread of its own, since hnswlib inserts synchronously.
 *
 * @throws the reason of `signal` where it aborts, after the thread has ended; what was saved stays
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
