import { callInWorker } from "../worker.ts";
import type { FitCalls } from "./fit-worker.ts";
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
  const module = new URL("./fit-worker.ts", import.meta.url);
  return callInWorker<FitCalls, "fit">(module, "fit", { kind, rows, dimension }, [rows.buffer]);
};
