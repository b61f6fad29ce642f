import { createSlices } from "../math/slices.ts";
import type { Modality } from "../types.ts";
import { callInWorker } from "../worker.ts";
import type { FitCalls } from "./fit-worker.ts";
import { fitTransform, type Fit } from "./transform.ts";
import type { AnchorView } from "./types.ts";

/** Up to this number of values a fit takes less time than starting a thread. */
const SMALL = 100_000;

/** Number of vectors that are copied before requests are served again. */
const COPIED_AT_ONCE = 256;

/** The unit vectors of all live anchors, `[n, d]`, as {@link copyVectors} copies them. */
export const liveVectors = (view: AnchorView, modality: Modality): Promise<Float32Array<ArrayBuffer>> =>
  copyVectors(view, modality, view.liveSlots());

/** The unit vectors of `slots`, `[n, d]`, copied in steps: all at once would hold up requests. */
export const copyVectors = async (
  view: AnchorView,
  modality: Modality,
  slots: Int32Array,
): Promise<Float32Array<ArrayBuffer>> => {
  const d = view.dimension(modality);
  const rows = new Float32Array(slots.length * d);
  const slices = createSlices();
  for (let first = 0; first < slots.length; first += COPIED_AT_ONCE) {
    rows.set(view.vectors(modality, slots.subarray(first, first + COPIED_AT_ONCE)), first * d);
    if (slices.due()) await slices.rest();
  }
  return rows;
};

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

/** Whether two fits transform every vector alike. */
export const isSameFit = (a: Fit | null, b: Fit | null): boolean =>
  a === null || b === null
    ? a === b
    : a.kind === b.kind && isSame(a.mean, b.mean) && isSame(a.projection, b.projection);

const isSame = (a: Float32Array | null, b: Float32Array | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((value, i) => value === b[i]);
