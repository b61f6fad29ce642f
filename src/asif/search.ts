import { countOnes, type AnchorView, type Slot } from "../retrieval/index.ts";
import type { Modality } from "../types.ts";
import { relativeRepresentations, scoreAll } from "./relative.ts";
import type { AsifSettings, Found, Hit, RelativeRepresentations } from "./types.ts";

/** Up to this number of anchors, all of them are scored; beyond it, only a shortlist. */
const EXHAUSTIVE_ANCHORS = 2_000;
/** Minimum number of nearest neighbours of the support's centroid in a shortlist. */
const SHORTLIST = 500;
/** Number of anchors whose representations are computed per step. */
const CHUNK = 256;

interface SearchInput {
  /** One raw vector. */
  readonly query: Float32Array;
  readonly target: Modality;
  readonly limit: number;
  /** One byte per slot: the anchors that may be hits; default: all live ones. */
  readonly hits?: Uint8Array;
  readonly settings: AsifSettings;
}

/** The anchors whose stored vector of the query's modality has the highest cosine similarity to the query. */
export const searchUnimodal = async (view: AnchorView, input: SearchInput): Promise<Found> => {
  const { query, target, limit, hits, settings } = input;
  const { transform, exact, ef } = settings;
  const { neighbours, plan } = await view.search(target, query, {
    k: limit,
    transform,
    ...(hits === undefined ? {} : { allow: hits }),
    ...(exact === undefined ? {} : { exact }),
    ...(ef === undefined ? {} : { ef }),
  });
  const found = Array.from(neighbours.slots.subarray(0, neighbours.counts[0] ?? 0), (slot, i) => ({
    slot,
    score: neighbours.scores[i] ?? 0,
  }));
  return { hits: found, plan };
};

/**
 * The anchors whose relative representation in the `target` modality is most similar to the query's in its own: for a
 * text query, the images that it describes.
 *
 * In a small collection all anchors are scored. In a large one a shortlist is scored: the anchors of the query's
 * representation (its support) and the nearest neighbours of their weighted centroid in the target modality, because
 * an anchor that shares nothing with the support scores 0. `exact` scores all anchors at any size.
 */
export const searchAsif = async (
  view: AnchorView,
  input: SearchInput & { readonly modality: Modality },
): Promise<Found> => {
  const { query, modality, target, limit, hits, settings } = input;
  const { representations, plan } = await relativeRepresentations(view, modality, query, settings);
  const eligible = hits === undefined ? view.size : countOnes(hits);
  const exhaustive = eligible <= EXHAUSTIVE_ANCHORS || settings.exact === true;
  const candidates = exhaustive
    ? view.liveSlots().filter((slot) => hits === undefined || hits[slot] === 1)
    : await shortlist(view, input, representations);
  const scored: Hit[] = [];
  for (let first = 0; first < candidates.length; first += CHUNK) {
    const slots = candidates.subarray(first, first + CHUNK);
    const rows = await relativeRepresentations(view, target, view.vectors(target, slots), settings);
    const scores = await scoreAll(representations, rows.representations, view.slotCount);
    slots.forEach((slot, i) => scored.push({ slot, score: scores[i] ?? 0 }));
  }
  scored.sort((a, b) => b.score - a.score || view.compare(a.slot, b.slot));
  return {
    hits: scored.slice(0, limit),
    plan: { ...plan, allowed: eligible, ...(exhaustive ? {} : { candidates: candidates.length }) },
  };
};

const shortlist = async (
  view: AnchorView,
  { target, limit, hits, settings }: SearchInput,
  support: RelativeRepresentations,
): Promise<Int32Array> => {
  const chosen = new Set<Slot>();
  for (const slot of support.slots) if (hits === undefined || hits[slot] === 1) chosen.add(slot);
  const vectors = view.vectors(target, support.slots);
  const d = vectors.length / Math.max(1, support.slots.length);
  const centroid = new Float32Array(d);
  support.values.forEach((value, row) => {
    for (let i = 0; i < d; i++) centroid[i] = (centroid[i] ?? 0) + value * (vectors[row * d + i] ?? 0);
  });
  const { neighbours } = await view.search(target, centroid, {
    k: Math.max(SHORTLIST, 4 * limit),
    transform: settings.transform,
    exact: true,
    ...(hits === undefined ? {} : { allow: hits }),
  });
  for (const slot of neighbours.slots) if (slot >= 0) chosen.add(slot);
  return Int32Array.from(chosen);
};
