import type { z } from "@hono/zod-openapi";
import type { registerQuery } from "../api/adapters.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { isCheckpoint, readCheckpoint } from "../../files/pth/index.ts";
import { AnchorageError, invalidField, isAnchorageError } from "../../../errors.ts";
import {
  createAdapter,
  defaultInjection,
  isOfProjection,
  readAdapter,
  readSafetensors,
  scheduleOf,
  type Adapter,
  type AdapterShape,
  type DecoderModel,
  type InjectionMode,
  type Tensors,
  type Vision,
} from "../index.ts";
import type { EncoderInfo } from "../../../types.ts";
import type { Decoders } from "./decoders.ts";
import { checkDecoder, checkLayers } from "./compatibility.ts";
import { layerInfo } from "./layers.ts";

/** The description of a file of weights alone. */
export type ImportSettings = z.output<typeof registerQuery>["settings"];

/** More than any decoder has. */
const MOST_LAYERS = 1_024;
/** Every token before a text costs as much as one of the text. */
const MOST_PROMPT = 256;
const MOST_VECTORS = 64;
/** An adapter has a few dozen tensors. */
const LONGEST_HEADER = 2 ** 22;
const CONNECTOR = /^connector\.(\d+)\.weight$/;
const PROMPT = "prompt_module.prefix_embedding";

/**
 * Reads an adapter from a file: one that this service wrote, or a safetensors file or checkpoint of eP-ALM's authors with
 * weights alone, which `given` describes. A checkpoint is `legacy`, was trained on all of the text and on questions
 * `verbatim`, unless `given` says otherwise.
 *
 * @throws AnchorageError `invalid-input` where the file cannot be read or something is not said; `not-found` for the
 * decoder; `conflict` where encoders or the decoder have other weights; `unprocessable` that names the tensor which does
 * not fit them
 */
export const importAdapter = async (
  registry: Pick<EncoderRegistry, "layer">,
  decoders: Decoders,
  bytes: Uint8Array,
  given: ImportSettings,
): Promise<Adapter> => {
  const isPth = isCheckpoint(bytes);
  const file = isPth ? null : readable(() => readSafetensors(bytes, LONGEST_HEADER));
  if (file?.metadata.settings !== undefined) {
    const [said] = Object.keys(given);
    if (said !== undefined) throw invalidField([said], "has no place here, for the file says it itself");
    const adapter = readable(() => readAdapter(bytes));
    const { vision } = adapter.settings;
    requireShort(adapter);
    if (vision?.kind === "epalm" && vision.injection.endLayer > MOST_LAYERS)
      throw invalidField(
        ["body"],
        `goes up to layer ${vision.injection.endLayer}; at most ${MOST_LAYERS} are known`,
      );
    checkLayers(registry, adapter.settings);
    await checkDecoder(decoders, adapter.settings);
    return adapter;
  }
  const tensors = file?.tensors ?? readable(() => readCheckpoint(bytes));
  const { layers, decoder: decoderId } = given;
  const needs = "is required, for the file holds weights alone";
  if (layers === undefined) throw invalidField(["layers"], needs);
  if (decoderId === undefined) throw invalidField(["decoder"], needs);
  const sources = layersNamed(registry, layers).map(({ id, sha256, dimension }) => ({
    encoder: id,
    sha256,
    dimension,
  }));
  const decoder = await decoders.get(decoderId);
  const shape = shapeOf(tensors, sources, decoder);
  const adapter = createAdapter(
    {
      vision: visionOf(given, sources.length, decoder, isPth ? "legacy" : "causal-drop"),
      features: sources,
      shape,
      decoder: { id: decoder.id, sha256: decoder.sha256 },
      loss: given.loss ?? (isPth ? "all" : "answer"),
      questions: given.questions ?? (isPth ? "verbatim" : "plain"),
      training: null,
    },
    tensors,
  );
  requireShort(adapter);
  return adapter;
};

/** @throws AnchorageError `invalid-input` that names the first which is not there */
const layersNamed = (registry: Pick<EncoderRegistry, "layer">, ids: readonly string[]): EncoderInfo[] =>
  ids.map((id, i) => layerInfo(registry, id, ["layers", i]));

const requireShort = ({ settings: { shape } }: Adapter): void => {
  const { prompt, features: widths } = shape;
  if (prompt > MOST_PROMPT)
    throw invalidField(["body"], `has a prompt of ${prompt} tokens; at most ${MOST_PROMPT} are taken`);
  if (widths.length > MOST_VECTORS)
    throw invalidField(["body"], `takes features of ${widths.length} layers; at most ${MOST_VECTORS} are`);
};

/** Turns a corrupt file into an invalid request, whose body it is. */
const readable = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "corrupt-file") throw error;
    const { message } = error;
    throw new AnchorageError("invalid-input", message, {
      faults: [{ path: ["body"], message }],
      cause: error,
    });
  }
};

/** The shape of an adapter with these tensors, with widths of the encoder and the decoder. */
const shapeOf = (
  tensors: Tensors,
  sources: readonly { readonly dimension: number }[],
  { config }: DecoderModel,
): AdapterShape => {
  const count = [...tensors.keys()].filter((name) => CONNECTOR.test(name)).length;
  const isProjected = [...tensors.keys()].some(isOfProjection);
  const isShared = count === 1 && sources.length > 1;
  return {
    features: sources.map(({ dimension }, vector) =>
      isProjected ? (tensors.get(`connector.${isShared ? 0 : vector}.weight`)?.shape[1] ?? 1) : dimension,
    ),
    hidden: config.hidden,
    wordWidth: config.wordWidth,
    shared: isShared,
    prompt: tensors.get(`${PROMPT}.0.weight`)?.shape[0] ?? 0,
    promptNetwork: tensors.has(`${PROMPT}.1.weight`),
    tokenNorm: [...tensors.keys()].some((name) => name.startsWith("token_norm.")),
  };
};

const visionOf = (
  { method = "epalm", mode, startLayer, endLayer, textStep }: ImportSettings,
  vectors: number,
  { config }: DecoderModel,
  usual: InjectionMode,
): Vision => {
  if (method === "limber") {
    for (const [field, value] of Object.entries({ mode, startLayer, endLayer, textStep }))
      if (value !== undefined) throw invalidField([field], 'has no place beside the method "limber"');
    return { kind: "limber", vectors, tokens: 1 };
  }
  if ((startLayer === undefined) !== (endLayer === undefined))
    throw invalidField(
      [startLayer === undefined ? "startLayer" : "endLayer"],
      "is required beside the other",
    );
  const injection =
    startLayer === undefined || endLayer === undefined
      ? usualInjection(config.layers, vectors)
      : { startLayer, endLayer, vectors, textStep: 1 };
  if (injection.endLayer > config.layers || injection.startLayer >= injection.endLayer)
    throw invalidField(
      ["endLayer"],
      `must be above startLayer and at most ${config.layers}, as many layers as the decoder has`,
    );
  const chosen = { ...injection, ...(textStep === undefined ? {} : { textStep }) };
  if (scheduleOf(config.layers, chosen).every(({ action }) => action === "none"))
    throw invalidField(
      ["textStep"],
      `divides no layer from ${chosen.startLayer} to ${chosen.endLayer - 1}, so that nothing would be seen`,
    );
  return { kind: "epalm", mode: mode ?? usual, injection: chosen, tokens: 1 };
};

const usualInjection = (layers: number, vectors: number) => {
  if (vectors > layers)
    throw invalidField(
      ["layers"],
      `are ${vectors}, and the decoder has no more than ${layers} layers of its own`,
    );
  return defaultInjection(layers, vectors);
};
