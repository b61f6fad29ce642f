import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FitTask } from "./fit-worker.ts";
import { fitTransform, type Fit } from "./transform.ts";

/** Values up to which a fit takes less time than a thread takes to start. */
const SMALL = 100_000;

/**
 * Fits as {@link fitTransform} does; many vectors on a thread of their own, for their products alone would keep every
 * request waiting for a second.
 *
 * @param rows `[n, d]` row-major, of norm 1; given away
 */
export const fit = async (
  kind: Fit["kind"],
  rows: Float32Array<ArrayBuffer>,
  dimension: number,
): Promise<Fit | null> => {
  if (rows.length <= SMALL) return fitTransform(kind, rows, dimension);
  const task: FitTask = { kind, rows, dimension };
  const thread = new Worker(new URL("./fit-thread.mjs", import.meta.url), {
    workerData: task,
    transferList: [rows.buffer],
    execArgv: [],
  });
  const [made] = (await once(thread, "message")) as [Fit | null];
  return made;
};
