import { countOnes, type AnchorView, type Slot } from "../retrieval/index.ts";
import { createTurns } from "../math/slices.ts";
import type { Modality } from "../types.ts";
import { relativeRepresentations, scoreAll } from "./relative.ts";
import type { AsifSettings, Found, Hit, SparseRows } from "./types.ts";

/** Up to this number of anchors, all of them are scored; beyond it, only a shortlist. */
const EXHAUSTIVE_ANCHORS = 2_000;
/** Minimum number of nearest neighbours of the support's centroid in a shortlist. */
const SHORTLIST = 500;
/** Number of hits that a query collects before the best are kept. */
const SORTED_AT_ONCE = 4_096;
/** Number of anchors whose representations are computed per step. */
const CHUNK = 256;

interface SearchInput {
  /** Raw vectors, `[b, d]` row-major. */
  readonly queries: Float32Array;
  readonly target: Modality;
  readonly limit: number;
  /** One byte per slot: the anchors that may be hits; default: all live ones. */
  readonly hits?: Uint8Array;
  readonly settings: AsifSettings;
}

/** For each query, the anchors whose stored vector of its modality has the highest cosine similarity to it. */
export const searchUnimodal = async (view: AnchorView, input: SearchInput): Promise<Found> => {
  const { queries, target, limit, hits, settings } = input;
  const { transform, exact, ef } = settings;
  const { neighbours, plan } = await view.search(target, queries, {
    k: limit,
    transform,
    ...(hits === undefined ? {} : { allow: hits }),
    ...(exact === undefined ? {} : { exact }),
    ...(ef === undefined ? {} : { ef }),
  });
  const { counts, width, slots, scores } = neighbours;
  const found = Array.from(counts, (count, row) =>
    Array.from(slots.subarray(row * width, row * width + count), (slot, i) => ({
      slot,
      score: scores[row * width + i] ?? 0,
    })),
  );
  return { hits: found, plan };
};

/**
 * For each query, the anchors whose relative representation in the `target` modality is most similar to the query's in its
 * own: for a text query, the images that it describes.
 *
 * In a small collection all anchors are scored. In a large one a shortlist is scored: the anchors of the query's
 * representation (its support) and the nearest neighbours of their weighted centroid in the target modality, because
 * an anchor that shares nothing with the support scores 0. `exact` scores all anchors at any size.
 */
export const searchAsif = async (
  view: AnchorView,
  input: SearchInput & { readonly modality: Modality },
): Promise<Found> => {
  const { queries, modality, hits, settings } = input;
  const { representations, plan } = await relativeRepresentations(view, modality, queries, settings);
  const eligible = hits === undefined ? view.size : countOnes(hits);
  const exhaustive = eligible <= EXHAUSTIVE_ANCHORS || settings.exact === true;
  if (exhaustive) {
    const candidates = view.liveSlots().filter((slot) => hits === undefined || hits[slot] === 1);
    const found = await scoreCandidates(view, input, representations, candidates);
    return { hits: found, plan: { ...plan, allowed: eligible } };
  }
  const found: Hit[][] = [];
  let most = 0;
  for (let row = 0; row < representations.count; row++) {
    const support = rowOf(representations, row);
    const candidates = await shortlist(view, input, support);
    most = Math.max(most, candidates.length);
    found.push(...(await scoreCandidates(view, input, support, candidates)));
  }
  return { hits: found, plan: { ...plan, allowed: eligible, candidates: most } };
};

const rowOf = ({ offsets, slots, values }: SparseRows, row: number): SparseRows => {
  const [from = 0, to = 0] = [offsets[row], offsets[row + 1]];
  return {
    count: 1,
    offsets: Int32Array.of(0, to - from),
    slots: slots.subarray(from, to),
    values: values.subarray(from, to),
  };
};

/** The best of some anchors for each representation. */
const scoreCandidates = async (
  view: AnchorView,
  { target, limit, settings }: SearchInput,
  representations: SparseRows,
  candidates: Int32Array,
): Promise<Hit[][]> => {
  const best: Hit[][] = Array.from({ length: representations.count }, () => []);
  const keepBest = (hits: Hit[]): void => {
    hits.sort((a, b) => b.score - a.score || view.compare(a.slot, b.slot));
    hits.length = Math.min(hits.length, limit);
  };
  const turn = createTurns();
  for (let first = 0; first < candidates.length; first += CHUNK) {
    const slots = candidates.subarray(first, first + CHUNK);
    const rows = await relativeRepresentations(view, target, view.vectors(target, slots), settings);
    const scores = await scoreAll(representations, rows.representations, view.slotCount);
    for (const [row, hits] of best.entries()) {
      await turn();
      slots.forEach((slot, i) => hits.push({ slot, score: scores[row * slots.length + i] ?? 0 }));
      // So that what is kept for a thousand queries does not grow with the collection.
      if (hits.length > limit + SORTED_AT_ONCE) keepBest(hits);
    }
  }
  for (const hits of best) {
    await turn();
    keepBest(hits);
  }
  return best;
};

const shortlist = async (
  view: AnchorView,
  { target, limit, hits, settings }: SearchInput,
  support: SparseRows,
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
