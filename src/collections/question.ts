import type { ClassInput, ClassifyRequest, QuerySettings } from "../api/queries.ts";
import type { Filter } from "../api/filter.ts";
import {
  parametersFor,
  RUNNER_UP,
  type AsifSettings,
  type ClassifyInput,
  type ExplainInput,
  type MethodPlugs,
} from "../asif/index.ts";
import { invalidField } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { CollectionRecord, EncoderRecord } from "../store/index.ts";
import type { Modality } from "../types.ts";
import type { Encoding } from "./encoding.ts";
import { compileFilter } from "./filter.ts";
import { resolveInputs, type InputAt } from "./inputs.ts";

export const DEFAULT_TOP = 5;
const DEFAULT_EXPLAINED = 10;
const SLOT = "{}";
/** Of all relative representations of a request together, some 33 bytes each. */
const MAX_VALUES = 40_000_000;

/** What a query needs to know of the collection it is put to. */
export interface Queried {
  readonly record: CollectionRecord;
  readonly view: AnchorView;
  /** Methods beside the core's. */
  readonly plugs: MethodPlugs;
}

/** Images and classes as vectors, with all that a classification depends on. */
export const readQuestion = async (
  queried: Queried,
  request: ClassifyRequest,
  encoding: Encoding,
): Promise<ClassifyInput> => {
  const explain = explainOf(request);
  checkValues(queried, request, request.images.length + countPrompts(request));
  const [images, question] = await Promise.all([
    resolve(
      queried,
      "image",
      request.images.map((value, i) => ({ value, path: ["images", i] })),
      encoding,
    ),
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

/** Classes as vectors, and which anchors are asked about them how. */
export const resolveClasses = async (
  queried: Queried,
  request: QuerySettings & Pick<ClassifyRequest, "classes" | "templates" | "filter">,
  encoding: Encoding,
): Promise<Pick<ClassifyInput, "prompts" | "classes" | "settings">> => {
  checkValues(queried, request, countPrompts(request));
  const prompted = request.classes.map((entry, i) => promptsOf(entry, i, request.templates ?? [SLOT]));
  const prompts = await resolve(queried, "text", prompted.flat(), encoding);
  const allow = bitmapOf(queried.view, request.filter);
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

export const resolve = (
  { record, view }: Queried,
  modality: Modality,
  inputs: readonly InputAt[],
  encoding: Encoding,
): Promise<Float32Array> => resolveInputs(inputs, modality, encoderOf(record, modality), view, encoding);

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

export const bitmapOf = (view: AnchorView, filter: Filter | undefined): Uint8Array | undefined => {
  if (filter === undefined) return undefined;
  const holds = compileFilter(filter);
  return view.bitmap((entry) => holds(entry.metadata));
};

/** What every answer carries. */
export const answer = (view: AnchorView, started: number) => ({
  sequence: view.sequence,
  tookMs: Math.round((performance.now() - started) * 1000) / 1000,
});

const encoderOf = (record: CollectionRecord, modality: Modality): EncoderRecord =>
  modality === "image" ? record.imageEncoder : record.textEncoder;

const explainOf = ({ explain = 0, classes }: ClassifyRequest): number | ExplainInput => {
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
