import { countOnes, type AnchorView, type Slot } from "../retrieval/index.ts";
import type { Modality } from "../types.ts";
import { relativeRepresentations } from "./relative.ts";
import { scoreAll } from "./score.ts";
import type { AsifSettings, Found, Hit, RelativeRepresentations } from "./types.ts";

/** Up to this many anchors, each of them is scored; beyond, a shortlist is. */
const EXHAUSTIVE_ANCHORS = 2_000;
/** Nearest neighbours of the support's centroid that a shortlist holds at least. */
const SHORTLIST = 500;
/** Anchors whose representations are made at once. */
const CHUNK = 256;

interface SearchInput {
  /** One raw vector. */
  readonly query: Float32Array;
  readonly target: Modality;
  readonly limit: number;
  /** One byte a slot: the anchors that may be hits; absent: all live ones. */
  readonly hits?: Uint8Array;
  readonly settings: AsifSettings;
}

/** The anchors whose stored vector of the query's own modality is most similar by cosine. */
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
 * The anchors whose relative representation by the `target` modality is most similar to the query's by its own: for a
 * text query, the images that it describes.
 *
 * Among few anchors all are scored. Among many, a shortlist is: the anchors that the query itself is represented by,
 * and the nearest to their centroid in the target modality (weighted by the representation's values), for an anchor
 * that shares none of the support scores nothing. `exact` scores all of them at any size.
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
