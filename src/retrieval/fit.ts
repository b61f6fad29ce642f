import { callInWorker } from "../worker.ts";
import type { FitCalls } from "./fit-worker.ts";
import { fitTransform, type Fit } from "./transform.ts";

/** Up to this number of values a fit takes less time than starting a thread. */
const SMALL = 100_000;

/**
 * Runs {@link fitTransform}, for many vectors on a thread, because their products alone would block every request for
 * a second.
 *
 * @param rows `[n, d]` row-major, of norm 1; transferred, unusable afterwards
 */
export const fit = async (
  kind: Fit["kind"],
  rows: Float32Array<ArrayBuffer>,
  dimension: number,
): Promise<Fit | null> => {
  if (rows.length <= SMALL) return fitTransform(kind, rows, dimension);
  const module = new URL("./fit-worker.ts", import.meta.url);
  return callInWorker<FitCalls, "fit">(module, "fit", { kind, rows, dimension }, [rows.buffer]);
};
