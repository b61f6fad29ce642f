import type { Anchor } from "../../api/anchors.ts";
import { type Database, idsWithImages } from "../../store/index.ts";
import { createRepresentationCache, parametersFor } from "../../asif/index.ts";
import { counterfactualByMethod } from "./counterfactual-by-method.ts";
import { createCounterfactualCache, type CounterfactualInput } from "./counterfactual.ts";
import { invalidField } from "../../errors.ts";
import { FEWEST_TO_WHITEN, type AnchorView } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";
import type { Encoding } from "../../collections/encoding.ts";
import { compileFilter, filterView } from "../../collections/filter.ts";
import { resolveMethod, answer, readQuestion, type Queried } from "../../collections/question.ts";
import { pictured } from "../../collections/queries.ts";
import { prepareVectors } from "../../collections/writes.ts";
import type { CounterfactualAnswer, CounterfactualRequest } from "./api.ts";

const DEFAULT_CHANGES = 5;

/** Answers as an edited collection would. Nothing is written or kept. */
export type AskCounterfactual = (
  queried: Queried,
  request: CounterfactualRequest,
) => Promise<CounterfactualAnswer>;

export const createCounterfactuals = (store: Database, encoding: Encoding): AskCounterfactual => {
  const caches = { prompts: createCounterfactualCache(), representations: createRepresentationCache() };

  return async (queried, request) => {
    const started = performance.now();
    const { view, record } = queried;
    if (request.without === undefined && request.with === undefined)
      throw invalidField(
        ["without"],
        "is required where no `with` is given: say which anchors go, or which come",
      );
    const how = resolveMethod(queried, request);
    const come = request.with ?? [];
    const [question, vectors] = await Promise.all([
      readQuestion(queried, request, encoding),
      prepareVectors(record, come, encoding, ["with"]),
    ]);
    const taken = await takenAway(view, request.without);
    const removed = countOf(taken);
    const replaced = replace(view, taken, come);
    const added = remembered(come, vectors, request);
    const size = view.size - removed - replaced + come.length;
    const { k, p } = question.settings;
    const pAfter = automaticP(queried, request, size);
    const { results, fits, transforms } = await counterfactualByMethod(
      view,
      { ...question, without: taken, added, changes: request.changes ?? DEFAULT_CHANGES, pAfter },
      how,
      caches,
    );
    // A stored image belongs to the current anchor.
    const coming = new Set(come.map(({ id }) => id));
    const withImages = (ids: readonly AnchorId[]) => idsWithImages(store, record, ids);
    const before = await pictured(
      record.name,
      results.map((result) => result.before),
      withImages,
    );
    const after = await pictured(
      record.name,
      results.map((result) => result.after),
      (ids) => withImages(ids.filter((id) => !coming.has(id))),
    );
    return {
      anchors: { before: view.size, after: size },
      removed,
      added: come.length,
      replaced,
      flipped: results.filter(({ flips }) => flips).length,
      results: results.map(({ flips, changes }, i) => ({
        before: before[i] ?? { classes: [] },
        after: after[i] ?? { classes: [] },
        flips,
        changes,
      })),
      method: how.method,
      fits,
      ...(transforms === undefined ? {} : { transforms }),
      asif: { before: { k, p }, after: { k, p: pAfter } },
      ...answer(view, started),
    };
  };
};

/** The power p for a collection of that number of anchors, given its current fits. */
const automaticP = (queried: Queried, request: CounterfactualRequest, anchors: number): number => {
  const { asif, transform } = queried.record;
  const asked = request.transform ?? transform;
  // Whether `auto` whitens depends on the anchors that were fitted on.
  const fitted = asked === "auto" ? (queried.view.size < FEWEST_TO_WHITEN ? "center" : "whiten") : asked;
  return parametersFor({ k: request.k ?? asif.k, p: request.p ?? asif.p }, fitted, anchors).p;
};

/** One byte per slot: the anchors that are named, and those that match the filter. */
const takenAway = async (
  view: AnchorView,
  without: CounterfactualRequest["without"],
): Promise<Uint8Array> => {
  const { ids = [], filter } = without ?? {};
  const taken = filter === undefined ? new Uint8Array(view.slotCount) : await filterView(view, filter);
  for (const id of ids) {
    const slot = view.slotOf(id);
    if (slot !== undefined) taken[slot] = 1;
  }
  return taken;
};

/** Removes anchors that are replaced under their id, as a write would; returns how many existed until then. */
const replace = (view: AnchorView, taken: Uint8Array, come: readonly Anchor[]): number => {
  let replaced = 0;
  for (const { id } of come) {
    const slot = view.slotOf(id);
    if (slot === undefined || taken[slot] === 1) continue;
    taken[slot] = 1;
    replaced++;
  }
  return replaced;
};

/** The added anchors that match the query's filter. */
const remembered = (
  come: readonly Anchor[],
  vectors: { readonly image: readonly Float32Array[]; readonly text: readonly Float32Array[] },
  { filter }: CounterfactualRequest,
): CounterfactualInput["added"] => {
  const holds = filter === undefined ? () => true : compileFilter(filter);
  const kept = [...come.keys()].filter((i) => holds(come[i]?.metadata ?? {}));
  return {
    entries: kept.flatMap((i) => {
      const anchor = come[i];
      if (anchor === undefined) return [];
      return [{ id: anchor.id, caption: anchor.text ?? null, metadata: anchor.metadata ?? {} }];
    }),
    image: joined(kept.map((i) => vectors.image[i] ?? new Float32Array(0))),
    text: joined(kept.map((i) => vectors.text[i] ?? new Float32Array(0))),
  };
};

const joined = (rows: readonly Float32Array[]): Float32Array => {
  const d = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * d);
  rows.forEach((row, i) => all.set(row, i * d));
  return all;
};

const countOf = (bitmap: Uint8Array): number => bitmap.reduce((sum, bit) => sum + bit, 0);
