import type { Input } from "../api/inputs.ts";
import {
  DEFAULT_HITS,
  type SearchAnswer,
  type SearchManyAnswer,
  type SearchManyRequest,
  type SearchRequest,
} from "../api/queries.ts";
import { searchAsif, searchUnimodal } from "../asif/index.ts";
import { invalidField } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import type { Database } from "../store/index.ts";
import type { Modality } from "../types.ts";
import { adapt } from "./adapted.ts";
import { textsIn, warningsFor, type Encoding } from "./encoding.ts";
import { searchKeywords } from "./keywords.ts";
import {
  answer,
  bitmapOf,
  checkValues,
  modalityOf,
  resolve,
  resolveAsifSettings,
  usedBy,
  type InputAt,
  type Queried,
} from "./question.ts";

/** Searches for one query or several. */
interface Searches {
  readonly search: (queried: Queried, request: SearchRequest) => Promise<SearchAnswer>;
  readonly searchMany: (queried: Queried, request: SearchManyRequest) => Promise<SearchManyAnswer>;
}

export const createSearches = (store: Database, encoding: Encoding): Searches => {
  /** Answers queries that share all but what is looked for. */
  const searchFor = async (
    queried: Queried,
    queries: readonly InputAt[],
    request: Omit<SearchManyRequest, "queries">,
  ): Promise<SearchManyAnswer> => {
    const started = performance.now();
    const { view, record } = queried;
    const modality = commonModality(queries, request);
    const mode = request.mode ?? (modality === request.target ? "unimodal" : "asif");
    if (mode === "unimodal" && modality !== request.target) {
      throw invalidField(
        ["mode"],
        `"unimodal" compares ${request.target}s with ${request.target}s; use "asif" across`,
      );
    }
    if (request.adaptation !== undefined && modality !== "image")
      throw invalidField(["adaptation"], "aligns images; the query is a text");
    checkValues(queried, request, queries.length);
    const inputs = queries.map((query) => ({ ...query, value: withModality(query.value, modality) }));
    const resolved = await resolve(queried, modality, inputs, encoding);
    const vectors =
      request.adaptation === undefined ? resolved : await adapt(queried, request, inputs, resolved);
    const settings = resolveAsifSettings(queried, request);
    const hits = await bitmapOf(view, request.filter);
    const common = {
      queries: vectors,
      limit: request.limit ?? DEFAULT_HITS,
      target: request.target,
      ...(hits === undefined ? {} : { hits }),
    };
    const found =
      mode === "unimodal"
        ? await searchUnimodal(view, { ...common, settings })
        : await searchAsif(view, { ...common, modality, settings });
    const results: SearchManyAnswer["results"][number][] = [];
    const turn = createTurns();
    for (const hits of found.hits) {
      if (results.length > 0) await turn();
      results.push({
        hits: hits.map(({ slot, score }) => {
          const { id, caption, metadata } = view.entry(slot);
          return { id, score, text: caption, metadata };
        }),
      });
    }
    return {
      results,
      plan: found.plan,
      ...(mode === "asif" ? usedBy(settings) : {}),
      ...(await warningsFor(record, textsIn(queries.map(({ value }) => value)), encoding)),
      ...answer(view, started),
    };
  };

  return {
    search: async (queried, { query, ...shared }) => {
      if ("keywords" in query) {
        if (shared.adaptation !== undefined)
          throw invalidField(["adaptation"], "aligns images; the query is of keywords");
        const limit = shared.limit ?? DEFAULT_HITS;
        return searchKeywords(store, queried, query.keywords, { ...shared, limit });
      }
      const { results, ...rest } = await searchFor(queried, [{ value: query, path: ["query"] }], shared);
      return { hits: results[0]?.hits ?? [], ...rest };
    },
    searchMany: (queried, { queries, ...shared }) =>
      searchFor(
        queried,
        queries.map((value, i) => ({ value, path: ["queries", i] })),
        shared,
      ),
  };
};

/** The modality that all queries of a request are in. @throws AnchorageError `invalid-input` */
const commonModality = (
  queries: readonly InputAt[],
  { modality, target }: Pick<SearchManyRequest, "modality" | "target">,
): Modality => {
  // An anchor has a vector of either modality; asked for nothing else, more like it is meant.
  const [first, ...others] = queries.map(({ value, path }) =>
    modalityOf(value, modality ?? ("anchor" in value ? target : undefined), path),
  );
  const odd = others.findIndex((other) => other !== first);
  if (odd >= 0)
    throw invalidField(
      queries[odd + 1]?.path ?? [],
      `is of modality "${others[odd]}", and the first query of "${first}"; ask for one modality at a time`,
    );
  return first ?? target;
};

const withModality = (input: Input, modality: Modality): Input =>
  "text" in input || "image" in input ? input : { ...input, modality };
