import type { ClassifyResult } from "../api/explain.ts";
import type {
  ClassifyAnswer,
  ClassifyRequest,
  RelativeAnswer,
  RelativeRequest,
  SimilarityAnswer,
  SimilarityRequest,
} from "../api/queries.ts";
import { type Database, idsWithImages } from "../store/index.ts";
import {
  classifyByMethod,
  createRepresentationCache,
  relativeRepresentations,
  scoreTexts,
  type ClassifyInput,
} from "../asif/index.ts";
import { invalidField } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import { traced } from "../tracing.ts";
import type { AnchorId, AsifParameters, CollectionName, Method } from "../types.ts";
import { classTexts, textsIn, warningsFor, type Encoding } from "./encoding.ts";
import { countFacets } from "./facets.ts";
import type { ClassifyHook, CollectionHooks } from "./hooks.ts";
import type { Opened } from "./opened.ts";
import {
  answer,
  checkValues,
  readQuestion,
  resolve,
  resolveAsifSettings,
  resolveImages,
  resolveMethod,
  usedBy,
  type Queried,
} from "./question.ts";
import { joinPrompts } from "./summary.ts";
import { createSearches } from "./search.ts";
import type { Collections } from "./types.ts";

/** Values of all relative representations in one answer. */
const MAX_KEPT = 2_000_000;

/** The read-only questions to collections; each is answered at one sequence. */
type Queries = Pick<
  Collections,
  "queried" | "facets" | "search" | "searchMany" | "relative" | "similarity" | "classify"
>;

export const createQueries = (
  store: Database,
  encoding: Encoding,
  { findAt }: Pick<Opened, "findAt">,
  hooks: Pick<CollectionHooks, "methods" | "classify" | "adaptImages">,
): Queries => {
  const cache = createRepresentationCache();

  const queried: Queries["queried"] = async (name, at) => {
    const { record, space, defaults } = await findAt(name, at);
    return {
      record: { ...record, ...defaults() },
      view: space.view(),
      plugs: hooks.methods,
      adaptImages: hooks.adaptImages[0],
    };
  };

  const { search, searchMany } = createSearches(store, encoding);

  const relative = async (queried: Queried, request: RelativeRequest): Promise<RelativeAnswer> => {
    const started = performance.now();
    const { view } = queried;
    checkKept(queried, request);
    const inputs = request.inputs.map((value, i) => ({ value, path: ["inputs", i] }));
    const vectors = await resolve(queried, request.modality, inputs, encoding);
    const settings = resolveAsifSettings(queried, request);
    const { representations, plan } = await relativeRepresentations(
      view,
      request.modality,
      vectors,
      settings,
    );
    const { offsets, slots, values } = representations;
    const rows: RelativeAnswer["representations"][number][] = [];
    const turn = createTurns();
    for (const row of inputs.keys()) {
      await turn();
      const [from, to] = [offsets[row], offsets[row + 1]];
      rows.push({
        anchors: Array.from(slots.subarray(from, to), (slot) => view.entry(slot).id),
        values: Array.from(values.subarray(from, to)),
        support: (to ?? 0) - (from ?? 0),
      });
    }
    return {
      representations: rows,
      plan,
      ...usedBy(settings),
      ...answer(view, started),
    };
  };

  const similarity = async (queried: Queried, request: SimilarityRequest): Promise<SimilarityAnswer> => {
    const started = performance.now();
    const { view } = queried;
    const how = resolveMethod(queried, request);
    checkValues(queried, request, request.images.length + request.texts.length);
    const [images, texts] = await Promise.all([
      resolveImages(queried, request, encoding),
      resolve(
        queried,
        "text",
        request.texts.map((value, i) => ({ value, path: ["texts", i] })),
        encoding,
      ),
    ]);
    const settings = { ...resolveAsifSettings(queried, request), ...how };
    const { scores: flat, fits } = await scoreTexts(view, how.method, images, texts, settings);
    const columns = request.texts.length;
    const scores = request.images.map((_, i) => Array.from(flat.subarray(i * columns, (i + 1) * columns)));
    return {
      ...{ scores, method: how.method, fits },
      ...usedBy(settings),
      ...(await warningsFor(queried.record, textsIn(request.texts), encoding)),
      ...answer(view, started),
    };
  };

  const readSummed = async (
    queried: Queried,
    { ensemble, ...request }: ClassifyRequest,
    method: Method,
  ): Promise<ClassifyInput> => {
    if (ensemble !== "summary")
      return readQuestion(queried, ensemble === undefined ? request : { ...request, ensemble }, encoding);
    if (method !== "asif")
      throw invalidField(["ensemble"], `is "summary", which "asif" has; the method is "${method}"`);
    const { templates, ...rest } = request;
    const classes = joinPrompts({ ...rest, ...(templates === undefined ? {} : { templates }) });
    const question = await readQuestion(queried, { ...rest, classes, ensemble: "mean" }, encoding);
    return { ...question, isSummary: true };
  };

  const classify = async (queried: Queried, request: ClassifyRequest): Promise<ClassifyAnswer> => {
    const started = performance.now();
    const how = resolveMethod(queried, request);
    const question = await readSummed(queried, request, how.method);
    const { results: found, fits } = await classifyByMethod(queried.view, question, how, cache);
    const results = await pictured(queried.record.name, found, (ids) =>
      idsWithImages(store, queried.record, ids),
    );
    return {
      ...{ results, method: how.method, fits },
      ...usedBy(question.settings),
      ...(await warningsFor(queried.record, classTexts(request), encoding)),
      ...answer(queried.view, started),
    };
  };

  return {
    queried,
    facets: async (name, request) => countFacets(await queried(name, request), request),
    search: (name, request) =>
      inSpan("search", name, async () => search(await queried(name, request), request)),
    searchMany: (name, request) =>
      inSpan("search", name, async () => searchMany(await queried(name, request), request)),
    relative: (name, request) =>
      inSpan("relative", name, async () => relative(await queried(name, request), request)),
    similarity: (name, request) =>
      inSpan("similarity", name, async () => similarity(await queried(name, request), request)),
    classify: (name, request) =>
      inSpan("classify", name, async () => {
        const asked = hooks.classify.filter((hook) => concerns(hook, request));
        const answered = asked.reduce<typeof classify>(
          (next, { step }) =>
            (queried, request) =>
              step(queried, request, (changed) => next(queried, changed)),
          classify,
        );
        return answered(await queried(name, request), request);
      }),
  };
};

/** The parts of an answer that its span shows. */
interface Traceable {
  readonly plan?: { readonly index: string; readonly k: number } | null;
  readonly asif?: Pick<AsifParameters, "k">;
  readonly method?: string;
  readonly sequence: number;
}

const inSpan = <Answer extends Traceable>(
  name: string,
  collection: CollectionName,
  work: () => Promise<Answer>,
): Promise<Answer> =>
  traced({ name, attributes: { "anchorage.collection": collection } }, async (note) => {
    const answer = await work();
    const { plan, asif, method, sequence } = answer;
    const k = asif?.k ?? plan?.k;
    note({
      ...(plan == null ? {} : { "anchorage.plan.index": plan.index }),
      ...(k === undefined ? {} : { "anchorage.k": k }),
      ...(method === undefined ? {} : { "anchorage.method": method }),
      "anchorage.sequence": sequence,
    });
    return answer;
  });

const concerns = ({ fields }: ClassifyHook, request: ClassifyRequest): boolean =>
  fields === undefined || fields.some((field) => Object.hasOwn(request, field));

/** @throws AnchorageError `invalid-input` if the answer would be too large */
const checkKept = (queried: Queried, request: RelativeRequest): void => {
  const kept = request.inputs.length * Math.min(resolveAsifSettings(queried, request).k, queried.view.size);
  if (kept > MAX_KEPT)
    throw invalidField(["inputs"], `times k would give ${kept} values; at most ${MAX_KEPT} are sent at once`);
};

/** Those of some anchors that have an image to show. */
export type WithImages = (ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;

type Explained = Pick<ClassifyResult, "explanation" | "others" | "against">;

/** The results with the path of each explaining anchor's image, where they go beyond a plain list. */
export const pictured = async (
  collection: CollectionName,
  results: readonly ClassifyResult[],
  withImages: WithImages,
): Promise<ClassifyResult[]> => {
  const named = results.flatMap((result) =>
    [result, ...result.classes].flatMap(({ explanation = [], others, against }) =>
      others === undefined ? [] : [...explanation, ...(against?.anchors ?? [])],
    ),
  );
  const known = await withImages([...new Set(named.map(({ anchor }) => anchor))]);
  const linked = <Part extends { readonly anchor: AnchorId }>(parts: readonly Part[]) =>
    parts.map((part) => ({ ...part, image: imagePath(collection, part.anchor, known) }));
  const withPaths = <Entry extends Explained>(entry: Entry): Entry => {
    const { explanation, others, against } = entry;
    if (others === undefined || explanation === undefined) return entry;
    const contrast = against ? { ...against, anchors: linked(against.anchors) } : against;
    return {
      ...entry,
      explanation: linked(explanation),
      ...(contrast === undefined ? {} : { against: contrast }),
    };
  };
  return results.map((result) => ({ ...withPaths(result), classes: result.classes.map(withPaths) }));
};

/**
 * The path that answers with an anchor's image; null where it has none, and for the ids `.` and `..`, which URLs take
 * for directions however they are encoded.
 */
export const imagePath = (
  collection: CollectionName,
  id: AnchorId,
  withImage: ReadonlySet<AnchorId>,
): string | null =>
  !withImage.has(id) || id === "." || id === ".."
    ? null
    : `/v1/collections/${collection}/anchors/${encodeURIComponent(id)}/image`;
