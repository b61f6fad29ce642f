import type { WorkerContext } from "../../../worker.ts";
import type { NamedFile } from "../../../retrieval/built-index/files.ts";
import { insertRows, type GraphTask } from "./insert.ts";

export interface InsertCalls {
  /** Runs `insertRows` and sends the number of inserted vectors as notices. */
  readonly insert: (task: GraphTask) => Promise<NamedFile>;
}

export const open = (_data: unknown, { signal, notify }: WorkerContext): InsertCalls => ({
  insert: (task) => insertRows(task, signal, notify),
});
