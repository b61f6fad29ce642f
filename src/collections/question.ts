import type { Input } from "../api/inputs.ts";
import type { ClassInput, ClassifyRequest, QuerySettings } from "../api/queries.ts";
import type { Filter } from "../api/filter.ts";
import {
  isPlugged,
  METHODS,
  type Ensemble,
  type Method,
  type MethodRequest,
  type PluggedMethod,
} from "../api/methods.ts";
import {
  METHOD_TRAITS,
  parametersFor,
  RUNNER_UP,
  traitsOf,
  type AsifSettings,
  type ClassifyInput,
  type ExplainInput,
  type MethodPlug,
  type MethodPlugs,
  type MethodSettings,
} from "../asif/index.ts";
import { invalidField, type FieldPath } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { CollectionRecord, EncoderRecord } from "../store/index.ts";
import type { AnchorId, Modality } from "../types.ts";
import { adapt, type AdaptImages } from "./adapted.ts";
import { readVector, type Encodable, type Encoding } from "./encoding.ts";
import { filterView } from "./filter.ts";

export const DEFAULT_TOP = 5;
const DEFAULT_EXPLAINED = 10;
const SLOT = "{}";
/** Of all relative representations of a request together, some 33 bytes each. */
const MAX_VALUES = 40_000_000;

const EXPLAINABLE = METHODS.filter((method) => METHOD_TRAITS[method].explainable);
const CANONICAL = METHODS.filter((method) => METHOD_TRAITS[method].canonical);

/** What a query needs to know of the collection it is put to. */
export interface Queried {
  readonly record: CollectionRecord;
  readonly view: AnchorView;
  /** Methods beside the core's. */
  readonly plugs: MethodPlugs;
  /** Aligns images with the anchors by an adaptation; absent without a feature that has adaptations. */
  readonly adaptImages?: AdaptImages | undefined;
}

/**
 * How a request is to be answered: as it says, else as the collection does.
 *
 * @throws AnchorageError `invalid-input` where it asks for what its method has not
 */
export const resolveMethod = (
  { record, plugs }: Pick<Queried, "record" | "plugs">,
  request: MethodRequest & Pick<ClassifyRequest, "explain">,
): MethodSettings & { readonly method: Method } => {
  const { method = record.method, rank, members, explain = 0 } = request;
  const { explainable, canonical } = traitsOf(method);
  if (explain !== 0 && !explainable)
    throw invalidField(
      ["explain"],
      `scores by "${method}" are no sums over anchors; ask by ${listed(EXPLAINABLE)} for what anchors contribute`,
    );
  if (rank !== undefined && !canonical)
    throw invalidField(["rank"], `"${method}" has no canonical directions; ${listed(CANONICAL)} have`);
  if (members !== undefined && method !== "consensus")
    throw invalidField(["members"], `are of a "consensus"; the method is "${method}"`);
  const plug = isPlugged(method) ? plugOf(plugs, method) : undefined;
  const directions = rank ?? record.rank;
  return {
    method,
    ...(directions === null ? {} : { rank: directions }),
    ...(members === undefined ? {} : { members }),
    ...(plug === undefined ? {} : { plug }),
  };
};

/** @throws AnchorageError `invalid-input` that names the methods that are plugged in */
export const plugOf = (plugs: MethodPlugs, method: PluggedMethod): MethodPlug => {
  const plug = plugs.get(method);
  if (plug !== undefined) return plug;
  const known = plugs.size === 0 ? "none is plugged in here" : `there are ${listed([...plugs.keys()])}`;
  throw invalidField(["method"], `there is no "${method}": ${known}`);
};

/** @throws AnchorageError `invalid-input` where a collection would be answered by a method that is not plugged in */
export const requireMethod = (plugs: MethodPlugs, method: Method | undefined): void => {
  if (method !== undefined && isPlugged(method)) plugOf(plugs, method);
};

const listed = (methods: readonly Method[]): string => methods.map((method) => `"${method}"`).join(" or ");

/** Images and classes as vectors, with all that a classification depends on. */
export const readQuestion = async (
  queried: Queried,
  request: Omit<ClassifyRequest, "ensemble"> & { readonly ensemble?: Ensemble },
  encoding: Encoding,
): Promise<ClassifyInput> => {
  const explain = explainOf(request);
  checkValues(queried, request, request.images.length + countPrompts(request));
  const [images, question] = await Promise.all([
    resolveImages(queried, request, encoding),
    resolveClasses(queried, request, encoding),
  ]);
  return {
    images,
    ...question,
    ensemble: request.ensemble ?? queried.record.ensemble,
    top: request.top ?? DEFAULT_TOP,
    explain,
  };
};

/** Classes as vectors, with the anchors and the settings that they are scored by. */
export const resolveClasses = async (
  queried: Queried,
  request: QuerySettings & Pick<ClassifyRequest, "classes" | "templates" | "filter">,
  encoding: Encoding,
): Promise<Pick<ClassifyInput, "prompts" | "classes" | "settings">> => {
  checkValues(queried, request, countPrompts(request));
  const prompted = request.classes.map((entry, i) => promptsOf(entry, i, request.templates ?? [SLOT]));
  const prompts = await resolve(queried, "text", prompted.flat(), encoding);
  const allow = await bitmapOf(queried.view, request.filter);
  return {
    prompts,
    classes: request.classes.map(({ name }, i) => ({ name, prompts: prompted[i]?.length ?? 0 })),
    settings: { ...resolveAsifSettings(queried, request), ...(allow === undefined ? {} : { allow }) },
  };
};

/** @throws AnchorageError `invalid-input` where what so many inputs are described by would not fit into memory. */
export const checkValues = (queried: Queried, request: QuerySettings, inputs: number): void => {
  const values = inputs * Math.min(resolveAsifSettings(queried, request).k, queried.view.size);
  if (values > MAX_VALUES)
    throw invalidField(
      ["k"],
      `times all inputs, here ${inputs}, must be at most ${MAX_VALUES}; it is ${values}`,
    );
};

const countPrompts = ({ classes, templates }: Pick<ClassifyRequest, "classes" | "templates">): number =>
  classes.reduce((sum, { prompts }) => sum + (prompts?.length ?? templates?.length ?? 1), 0);

/** The collection's settings, save those that the query gives; `auto` by the number of live anchors. */
export const resolveAsifSettings = (
  { record, view }: Pick<Queried, "record" | "view">,
  request: QuerySettings,
): AsifSettings => {
  const { asif } = record;
  const transform = request.transform ?? record.transform;
  return {
    ...parametersFor({ k: request.k ?? asif.k, p: request.p ?? asif.p }, transform, view.size),
    negatives: request.negatives ?? asif.negatives,
    transform,
    ...(request.exact === undefined ? {} : { exact: request.exact }),
    ...(request.ef === undefined ? {} : { ef: request.ef }),
  };
};

/** The k and p of an answer that relative representations take part in. */
export const usedBy = ({ k, p }: Pick<AsifSettings, "k" | "p">) => ({ asif: { k, p } });

/** The live anchors that match a filter, one byte per slot; undefined without a filter. */
export const bitmapOf = async (
  view: AnchorView,
  filter: Filter | undefined,
): Promise<Uint8Array | undefined> => (filter === undefined ? undefined : filterView(view, filter));

/** What every answer carries. */
export const answer = (view: AnchorView, started: number) => ({
  sequence: view.sequence,
  tookMs: Math.round((performance.now() - started) * 1000) / 1000,
});

const encoderOf = (record: CollectionRecord, modality: Modality): EncoderRecord =>
  modality === "image" ? record.imageEncoder : record.textEncoder;

const explainOf = ({
  explain = 0,
  classes,
}: Pick<ClassifyRequest, "explain" | "classes">): number | ExplainInput => {
  if (typeof explain === "number") return explain;
  const { against } = explain;
  const known =
    against === undefined || against === RUNNER_UP || classes.some(({ name }) => name === against);
  if (!known) throw invalidField(["explain", "against"], `is neither "${RUNNER_UP}" nor the name of a class`);
  return { ...explain, top: explain.top ?? DEFAULT_EXPLAINED };
};

/** A class's prompts, or its name through the templates, each with the path of what the caller wrote. */
const promptsOf = (entry: ClassInput, i: number, templates: readonly string[]): InputAt[] =>
  entry.prompts === undefined
    ? templates.map((template) => ({
        value: { text: template.replaceAll(SLOT, () => entry.name) },
        path: ["classes", i],
        textPath: ["classes", i, "name"],
      }))
    : entry.prompts.map((value, j) => ({ value, path: ["classes", i, "prompts", j] }));

/** An input and its path in the request; a text's path may be another, such as that of a class's name. */
export type InputAt = Encodable<Input> & { readonly textPath?: FieldPath };

/**
 * The vectors of `inputs` in one modality, `[n, d]` row-major: encoded, given, or those of stored anchors.
 *
 * @throws AnchorageError `invalid-input` where an input is of the other modality or cannot be used; paths start with
 * that of the input.
 */
export const resolve = async (
  { record, view }: Queried,
  modality: Modality,
  inputs: readonly InputAt[],
  encoding: Encoding,
): Promise<Float32Array> => {
  const encoder = encoderOf(record, modality);
  const d = encoder.dimension;
  const rows = new Float32Array(inputs.length * d);
  const texts: (Encodable<string> & { row: number })[] = [];
  const images: (Encodable<Uint8Array> & { row: number })[] = [];
  inputs.forEach(({ value: input, path, textPath = [...path, "text"] }, row) => {
    if ("text" in input) {
      if (modality !== "text")
        throw invalidField(path, "an image, a vector or an anchor is expected here, not a text");
      texts.push({ value: input.text, path: textPath, row });
    } else if ("image" in input) {
      if (modality !== "image")
        throw invalidField(path, "a text, a vector or an anchor is expected here, not an image");
      images.push({ value: input.image, path: [...path, "image"], row });
    } else {
      checkModality(input.modality, modality, path);
      const vector =
        "vector" in input
          ? readVector(input.vector, d, [...path, "vector"])
          : storedVector(view, modality, input.anchor, [...path, "anchor"]);
      rows.set(vector, row * d);
    }
  });
  const [textRows, imageRows] = await Promise.all([
    encoding.texts(encoder, texts),
    encoding.images(encoder, images),
  ]);
  texts.forEach(({ row }, i) => rows.set(textRows.subarray(i * d, (i + 1) * d), row * d));
  images.forEach(({ row }, i) => rows.set(imageRows.subarray(i * d, (i + 1) * d), row * d));
  return rows;
};

/**
 * The vectors of a request's `images`, aligned by the adaptation that it names.
 *
 * @throws AnchorageError as {@link resolve} and {@link AdaptImages} do
 */
export const resolveImages = async (
  queried: Queried,
  request: Pick<ClassifyRequest, "images" | "adaptation" | "transform">,
  encoding: Encoding,
): Promise<Float32Array> => {
  const inputs = request.images.map((value, i) => ({ value, path: ["images", i] }));
  const vectors = await resolve(queried, "image", inputs, encoding);
  return request.adaptation === undefined ? vectors : adapt(queried, request, inputs, vectors);
};

/** The modality that a single query is in: by its kind, or as it says. */
export const modalityOf = (input: Input, otherwise: Modality | undefined, path: FieldPath): Modality => {
  if ("text" in input) return "text";
  if ("image" in input) return "image";
  const named = input.modality ?? otherwise;
  if (named !== undefined) return named;
  throw invalidField(
    [...path, "modality"],
    `is required: say whether the vector is of an "image" or of a "text"`,
  );
};

const storedVector = (view: AnchorView, modality: Modality, id: AnchorId, path: FieldPath): Float32Array => {
  const slot = view.slotOf(id);
  if (slot === undefined) throw invalidField(path, `there is no anchor "${id}" in this collection`);
  return view.vectors(modality, [slot]);
};

const checkModality = (named: Modality | undefined, expected: Modality, path: FieldPath): void => {
  if (named === undefined || named === expected) return;
  throw invalidField(
    [...path, "modality"],
    `is "${named}", but a vector of modality "${expected}" is expected here`,
  );
};
