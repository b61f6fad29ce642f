import {
  classify,
  createRepresentationCache,
  relativeRepresentations,
  searchAsif,
  searchUnimodal,
  similarity,
  type AsifSettings,
} from "../asif/index.ts";
import { invalidField } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { CollectionRecord, EncoderRecord } from "../store/index.ts";
import type { Modality } from "../types.ts";
import type { Encoding } from "./encoding.ts";
import { compileFilter } from "./filter.ts";
import { modalityOf, resolveInputs, type InputAt } from "./inputs.ts";
import type {
  ClassInput,
  ClassifyAnswer,
  ClassifyRequest,
  Filter,
  Input,
  QuerySettings,
  RelativeAnswer,
  RelativeRequest,
  SearchAnswer,
  SearchRequest,
  SimilarityAnswer,
  SimilarityRequest,
} from "./types.ts";

const DEFAULT_LIMIT = 10;
const DEFAULT_TOP = 5;
const SLOT = "{}";

/** What a query needs to know of the collection it is put to. */
export interface Queried {
  readonly record: CollectionRecord;
  readonly view: AnchorView;
}

/** The read-only questions to one collection; each is answered at the sequence of the view that it is given. */
export interface Queries {
  readonly search: (queried: Queried, request: SearchRequest) => Promise<SearchAnswer>;
  readonly relative: (queried: Queried, request: RelativeRequest) => Promise<RelativeAnswer>;
  readonly similarity: (queried: Queried, request: SimilarityRequest) => Promise<SimilarityAnswer>;
  readonly classify: (queried: Queried, request: ClassifyRequest) => Promise<ClassifyAnswer>;
}

export const createQueries = (encoding: Encoding): Queries => {
  const cache = createRepresentationCache();

  const resolve = (
    { record, view }: Queried,
    modality: Modality,
    inputs: readonly InputAt[],
  ): Promise<Float32Array> => resolveInputs(inputs, modality, encoderOf(record, modality), view, encoding);

  return {
    search: async (queried, request) => {
      const started = performance.now();
      const { record, view } = queried;
      const modality = modalityOf(request.query, request.modality ?? anchorDefault(request), "query");
      const mode = request.mode ?? (modality === request.target ? "unimodal" : "asif");
      if (mode === "unimodal" && modality !== request.target) {
        throw invalidField(
          "mode",
          `"unimodal" compares ${request.target}s with ${request.target}s; use "asif" across`,
        );
      }
      const query = await resolve(queried, modality, [
        { value: withModality(request.query, modality), path: "query" },
      ]);
      const settings = settingsOf(record, request);
      const hits = bitmapOf(view, request.filter);
      const common = {
        query,
        limit: request.limit ?? DEFAULT_LIMIT,
        target: request.target,
        ...(hits === undefined ? {} : { hits }),
      };
      const found =
        mode === "unimodal"
          ? await searchUnimodal(view, { ...common, settings })
          : await searchAsif(view, { ...common, modality, settings });
      return {
        hits: found.hits.map(({ slot, score }) => {
          const { id, caption, metadata } = view.entry(slot);
          return { id, score, text: caption, metadata };
        }),
        plan: found.plan,
        ...answer(view, started),
      };
    },

    relative: async (queried, request) => {
      const started = performance.now();
      const { record, view } = queried;
      const inputs = request.inputs.map((value, i) => ({ value, path: `inputs.${i}` }));
      const vectors = await resolve(queried, request.modality, inputs);
      const settings = settingsOf(record, request);
      const { representations, plan } = await relativeRepresentations(
        view,
        request.modality,
        vectors,
        settings,
      );
      const { offsets, slots, values } = representations;
      return {
        representations: inputs.map((_, row) => {
          const [from, to] = [offsets[row], offsets[row + 1]];
          return {
            anchors: Array.from(slots.subarray(from, to), (slot) => view.entry(slot).id),
            values: Array.from(values.subarray(from, to)),
          };
        }),
        plan,
        ...answer(view, started),
      };
    },

    similarity: async (queried, request) => {
      const started = performance.now();
      const { record, view } = queried;
      const [images, texts] = await Promise.all([
        resolve(
          queried,
          "image",
          request.images.map((value, i) => ({ value, path: `images.${i}` })),
        ),
        resolve(
          queried,
          "text",
          request.texts.map((value, i) => ({ value, path: `texts.${i}` })),
        ),
      ]);
      const flat = await similarity(view, images, texts, settingsOf(record, request));
      const columns = request.texts.length;
      const scores = request.images.map((_, i) => Array.from(flat.subarray(i * columns, (i + 1) * columns)));
      return { scores, ...answer(view, started) };
    },

    classify: async (queried, request) => {
      const started = performance.now();
      const { record, view } = queried;
      const prompted = request.classes.map((entry, i) => promptsOf(entry, i, request.templates ?? [SLOT]));
      const [images, prompts] = await Promise.all([
        resolve(
          queried,
          "image",
          request.images.map((value, i) => ({ value, path: `images.${i}` })),
        ),
        resolve(queried, "text", prompted.flat()),
      ]);
      const allow = bitmapOf(view, request.filter);
      const results = await classify(
        view,
        {
          images,
          prompts,
          classes: request.classes.map(({ name }, i) => ({ name, prompts: prompted[i]?.length ?? 0 })),
          ensemble: request.ensemble ?? "max",
          top: request.top ?? DEFAULT_TOP,
          explain: request.explain ?? 0,
          settings: { ...settingsOf(record, request), ...(allow === undefined ? {} : { allow }) },
        },
        cache,
      );
      return { results, ...answer(view, started) };
    },
  };
};

/** The collection's settings, save those that the query gives. */
const settingsOf = (record: CollectionRecord, request: QuerySettings): AsifSettings => ({
  k: request.k ?? record.asif.k,
  p: request.p ?? record.asif.p,
  transform: request.transform ?? record.transform,
  ...(request.exact === undefined ? {} : { exact: request.exact }),
  ...(request.ef === undefined ? {} : { ef: request.ef }),
});

const encoderOf = (record: CollectionRecord, modality: Modality): EncoderRecord =>
  modality === "image" ? record.imageEncoder : record.textEncoder;

/** An anchor has a vector of either modality; asked for nothing else, more like it is meant. */
const anchorDefault = (request: SearchRequest): Modality | undefined =>
  "anchor" in request.query ? request.target : undefined;

const withModality = (input: Input, modality: Modality): Input =>
  "text" in input || "image" in input ? input : { ...input, modality };

/** A class's prompts, or its name through the templates, each with the path of what the caller wrote. */
const promptsOf = (entry: ClassInput, i: number, templates: readonly string[]): InputAt[] =>
  entry.prompts === undefined
    ? templates.map((template) => ({
        value: { text: template.replaceAll(SLOT, () => entry.name) },
        path: `classes.${i}`,
        textPath: `classes.${i}.name`,
      }))
    : entry.prompts.map((value, j) => ({ value, path: `classes.${i}.prompts.${j}` }));

const bitmapOf = (view: AnchorView, filter: Filter | undefined): Uint8Array | undefined => {
  if (filter === undefined) return undefined;
  const holds = compileFilter(filter);
  return view.bitmap((entry) => holds(entry.metadata));
};

const answer = (view: AnchorView, started: number) => ({
  sequence: view.sequence,
  tookMs: Math.round((performance.now() - started) * 1000) / 1000,
});
