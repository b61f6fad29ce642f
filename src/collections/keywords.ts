import pLimit from "p-limit";
import type { SearchAnswer, SearchRequest } from "../api/queries.ts";
import { invalidField } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import { searchCaptions, wordsOf, type Database } from "../store/index.ts";
import { compileFilter } from "./filter.ts";
import { answer, type Queried } from "./question.ts";

/** A beginning that most captions have keeps Postgres busy for seconds, and other requests need its connections. */
const inTurn = pLimit(4);
const REASON = "keywords are looked for in the captions; no vectors are compared";

/**
 * Finds anchors by the words of their captions, in Postgres.
 *
 * @returns hits that are in the view: what was written after it is left out
 */
export const searchKeywords = async (
  store: Database,
  { record, view }: Queried,
  text: string,
  { filter, limit }: Pick<SearchRequest, "filter"> & { readonly limit: number },
): Promise<SearchAnswer> => {
  const started = performance.now();
  const words = wordsOf(text);
  if (words.length === 0) throw invalidField(["query", "keywords"], "must hold a word: letters or digits");
  const holds = filter === undefined ? undefined : compileFilter(filter);
  const found = await inTurn(() => searchCaptions(store, record, words, holds === undefined ? limit : null));
  const turn = createTurns();
  const hits = [];
  for (const { id, score } of found) {
    await turn();
    const slot = view.slotOf(id);
    if (slot === undefined) continue;
    const { caption, metadata } = view.entry(slot);
    if (holds?.(metadata) !== false) hits.push({ id, score, text: caption, metadata });
  }
  return {
    hits: hits.slice(0, limit),
    plan: {
      index: "captions",
      reason: REASON,
      k: limit,
      estimateMs: 0,
      anchors: view.size,
      allowed: view.size,
      transform: "none",
      transformVersion: 0,
      transformSequence: view.sequence,
    },
    ...answer(view, started),
  };
};
