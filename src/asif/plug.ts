import type { PluggedMethod } from "../api/methods.ts";
import { AnchorageError } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import { createSlices } from "../math/slices.ts";
import type { AnchorId, Modality } from "../types.ts";

/** Number of anchors whose vectors are copied per step. */
const GATHERED = 500;

/** The anchors that a method is fitted on: row i of each array belongs to the same pair. */
export interface FitAnchors {
  readonly ids: readonly AnchorId[];
  readonly captions: readonly (string | null)[];
  /** `[n, imageDimension]` row-major, rows of norm 1. */
  readonly images: Float32Array;
  /** `[n, textDimension]` row-major, rows of norm 1. */
  readonly texts: Float32Array;
  readonly imageDimension: number;
  readonly textDimension: number;
}

/** A method fitted on the anchors. */
export interface FittedMethod {
  /**
   * Scores every image with every text; higher is better.
   *
   * @param images `[n, imageDimension]` row-major, not normalised
   * @param texts `[m, textDimension]` row-major
   * @returns `[n, m]` row-major, all finite
   */
  score(images: Float32Array, texts: Float32Array): Promise<ArrayLike<number>>;
}

/**
 * A custom classification method.
 *
 * @example
 * ```ts
 * const cosine: MethodPlug = {
 *   name: "plug:cosine",
 *   fit: () => Promise.resolve({ score: async (images, texts) => cosines(images, texts) }),
 * };
 * ```
 */
export interface MethodPlug {
  readonly name: PluggedMethod;
  /** Called once for each state of the anchors, and once for each filter. */
  fit(anchors: FitAnchors): Promise<FittedMethod>;
}

/** Custom methods by name. */
export type MethodPlugs = ReadonlyMap<PluggedMethod, MethodPlug>;

/**
 * Keyed by view: a view is one state of the anchors, so a fit is dropped with its view and keeps no deleted anchor.
 */
const fits = new WeakMap<AnchorView, Map<MethodPlug, Promise<FittedMethod>>>();

const fitOn = async (
  view: AnchorView,
  plug: MethodPlug,
  allow: Uint8Array | undefined,
): Promise<FittedMethod> => {
  const live = view.liveSlots();
  const slots = allow === undefined ? live : live.filter((slot) => allow[slot] === 1);
  const entries = Array.from(slots, (slot) => view.entry(slot));
  return plug.fit({
    ids: entries.map(({ id }) => id),
    captions: entries.map(({ caption }) => caption),
    images: await gather(view, "image", slots),
    texts: await gather(view, "text", slots),
    imageDimension: view.dimension("image"),
    textDimension: view.dimension("text"),
  });
};

/** In steps, so that other requests are served in between. */
const gather = async (view: AnchorView, modality: Modality, slots: Int32Array): Promise<Float32Array> => {
  const d = view.dimension(modality);
  const rows = new Float32Array(slots.length * d);
  const slices = createSlices();
  for (let first = 0; first < slots.length; first += GATHERED) {
    if (slices.due()) await slices.rest();
    rows.set(view.vectors(modality, slots.subarray(first, first + GATHERED)), first * d);
  }
  return rows;
};

const fitted = (view: AnchorView, plug: MethodPlug, allow: Uint8Array | undefined): Promise<FittedMethod> => {
  if (allow !== undefined) return fitOn(view, plug, allow);
  const known = fits.get(view) ?? new Map<MethodPlug, Promise<FittedMethod>>();
  fits.set(view, known);
  const fit = known.get(plug) ?? fitOn(view, plug, undefined);
  known.set(plug, fit);
  // If the fit failed, the next request tries again.
  fit.catch(() => known.delete(plug));
  return fit;
};

/**
 * The score of every image with every text, or with the mean of each group of texts, by a custom method.
 *
 * @param sizes number of texts in each group; default: each text is scored by itself
 * @returns `[n, m]` row-major; all 0 if there are no anchors
 * @throws AnchorageError `unavailable` if the method fails or returns invalid scores
 */
export const scorePlugged = async (
  view: AnchorView,
  plug: MethodPlug,
  {
    images,
    texts,
    sizes,
    allow,
  }: {
    readonly images: Float32Array;
    readonly texts: Float32Array;
    readonly sizes?: readonly number[] | undefined;
    readonly allow?: Uint8Array | undefined;
  },
): Promise<Float64Array> => {
  const columns = sizes === undefined ? texts : meanRows(texts, sizes, view.dimension("text"));
  const count = (images.length / view.dimension("image")) * (columns.length / view.dimension("text"));
  if (view.size === 0) return new Float64Array(count);
  const scores = await (await fitted(view, plug, allow)).score(images, columns);
  if (scores.length !== count)
    throw failed(plug, `answered ${scores.length} scores where ${count} were asked for`);
  const checked = Float64Array.from(scores);
  if (!checked.every(Number.isFinite)) throw failed(plug, "answered a score that is not a finite number");
  return checked;
};

const failed = ({ name }: MethodPlug, what: string): AnchorageError =>
  new AnchorageError("unavailable", `The method "${name}" ${what}.`);

/** The normalised mean of each group of normalised rows. */
const meanRows = (rows: Float32Array, sizes: readonly number[], d: number): Float32Array => {
  const means = new Float32Array(sizes.length * d);
  let row = 0;
  sizes.forEach((size, group) => {
    const mean = means.subarray(group * d, (group + 1) * d);
    for (const end = row + size; row < end; row++) {
      const one = rows.subarray(row * d, (row + 1) * d);
      const norm = Math.hypot(...one);
      for (let i = 0; i < d; i++) mean[i] = (mean[i] ?? 0) + (one[i] ?? 0) / (norm || 1);
    }
    const norm = Math.hypot(...mean);
    for (let i = 0; i < d; i++) mean[i] = (mean[i] ?? 0) / (norm || 1);
  });
  return means;
};
