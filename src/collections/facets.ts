import type { Facet, FacetsAnswer, FacetsRequest } from "../api/facets.ts";
import type { FilterScalar } from "../api/filter.ts";
import { createSlices } from "../math/slices.ts";
import type { JsonValue, Metadata } from "../types.ts";
import { compileFilter } from "./filter.ts";
import { answer, type Queried } from "./question.ts";

const DEFAULT_LIMIT = 20;
const MOST_KEYS = 50;

/**
 * Counts anchors by the values of metadata keys, in memory.
 *
 * @returns for each key how many anchors have it, how many values it has, and the most frequent of them
 */
export const countFacets = async ({ view }: Queried, request: FacetsRequest): Promise<FacetsAnswer> => {
  const started = performance.now();
  const { filter = {}, limit = DEFAULT_LIMIT } = request;
  const holds = compileFilter(filter);
  const tallies = new Map<string, Tally>(request.keys?.map((key) => [key, createTally()]));
  const slices = createSlices();
  let anchors = 0;
  for (const slot of view.liveSlots()) {
    if (slices.due()) await slices.rest();
    const { metadata } = view.entry(slot);
    if (!holds(metadata)) continue;
    anchors++;
    for (const key of request.keys === undefined ? Object.keys(metadata) : tallies.keys()) {
      let tally = tallies.get(key);
      if (tally === undefined) tallies.set(key, (tally = createTally()));
      count(tally, metadata, key);
    }
  }
  const listed =
    request.keys === undefined
      ? [...tallies].sort(([a, x], [b, y]) => y.anchors - x.anchors || order(a, b)).slice(0, MOST_KEYS)
      : [...tallies];
  const facets = listed.map(([key, tally]) => facetOf(key, tally, limit));
  return { facets, anchors, ...answer(view, started) };
};

interface Tally {
  anchors: number;
  readonly values: Map<FilterScalar, number>;
}

const createTally = (): Tally => ({ anchors: 0, values: new Map() });

const count = (tally: Tally, metadata: Metadata, key: string): void => {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (value === undefined) return;
  tally.anchors++;
  for (const element of new Set(isList(value) ? value : [value]))
    if (isScalar(element)) tally.values.set(element, (tally.values.get(element) ?? 0) + 1);
};

const facetOf = (key: string, { anchors, values }: Tally, limit: number): Facet => ({
  key,
  anchors,
  distinct: values.size,
  values: [...values]
    .sort(([a, x], [b, y]) => y - x || order(String(a), String(b)))
    .slice(0, limit)
    .map(([value, anchors]) => ({ value, anchors })),
});

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
const isScalar = (value: JsonValue): value is FilterScalar => value === null || typeof value !== "object";
