import type { z } from "@hono/zod-openapi";
import type { registerQuery } from "../api/adapters.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { isCheckpoint } from "../../files/pth/index.ts";
import { AnchorageError, invalidField, isAnchorageError } from "../../../errors.ts";
import {
  defaultInjection,
  isOfProjection,
  scheduleOf,
  type AdapterSettings,
  type AdapterShape,
  type DecoderModel,
  type InjectionMode,
  type Vision,
} from "../index.ts";
import type { EncoderInfo } from "../../../types.ts";
import type { Decoders } from "./decoders.ts";
import { checkDecoder, checkLayers } from "./compatibility.ts";
import { layerInfo } from "./layers.ts";
import { openAdapterReader } from "./read-adapter.ts";
import type { AdapterContents, AdapterFile } from "./types.ts";

/** The description of a file of weights alone. */
export type ImportSettings = z.output<typeof registerQuery>["settings"];

/** More than any decoder has. */
const MOST_LAYERS = 1_024;
/** Every token before a text costs as much as one of the text. */
const MOST_PROMPT = 256;
const MOST_VECTORS = 64;
const CONNECTOR = /^connector\.(\d+)\.weight$/;
const PROMPT = "prompt_module.prefix_embedding";

/**
 * Reads an adapter from a file: one that this service wrote, or a safetensors file or checkpoint of eP-ALM's authors with
 * weights alone, which `given` describes. A checkpoint is `legacy`, was trained on all of the text and on questions
 * `verbatim`, unless `given` says otherwise. The file is read on a thread, which ends when `signal` is aborted.
 *
 * @param bytes moved to the thread where they have a buffer of their own; empty afterwards
 * @throws AnchorageError `invalid-input` where the file cannot be read or something is not said; `not-found` for the
 * decoder; `conflict` where encoders or the decoder have other weights; `unprocessable` that names the tensor which does
 * not fit them, or where reading takes too much time or memory
 */
export const importAdapter = async (
  registry: Pick<EncoderRegistry, "layer">,
  decoders: Decoders,
  bytes: Uint8Array,
  given: ImportSettings,
  signal: AbortSignal,
): Promise<AdapterFile> => {
  const isPth = isCheckpoint(bytes);
  // Known before the file is read: a checkpoint never says it.
  if (isPth) await requireDescription(registry, decoders, given);
  const reader = openAdapterReader(signal);
  try {
    const { settings, shapes } = await readable(() => reader.read(bytes));
    if (settings === null) {
      const described = await describe(registry, decoders, shapes, given, isPth);
      requireShort(described);
      return await reader.write(described);
    }
    const [said] = Object.keys(given);
    if (said !== undefined) throw invalidField([said], "has no place here, for the file says it itself");
    requireShort(settings);
    checkLayers(registry, settings);
    await checkDecoder(decoders, settings);
    return await reader.write(settings);
  } finally {
    await reader.close();
  }
};

/** What the file does not say: the layers and the decoder that its weights are for. */
const requireDescription = async (
  registry: Pick<EncoderRegistry, "layer">,
  decoders: Decoders,
  { layers, decoder }: ImportSettings,
): Promise<{ readonly sources: AdapterSettings["features"]; readonly decoder: DecoderModel }> => {
  const needs = "is required, for the file holds weights alone";
  if (layers === undefined) throw invalidField(["layers"], needs);
  if (decoder === undefined) throw invalidField(["decoder"], needs);
  const sources = layersNamed(registry, layers).map(({ id, sha256, dimension }) => ({
    encoder: id,
    sha256,
    dimension,
  }));
  return { sources, decoder: await decoders.get(decoder) };
};

/** The settings of an adapter whose file has only weights. */
const describe = async (
  registry: Pick<EncoderRegistry, "layer">,
  decoders: Decoders,
  shapes: AdapterContents["shapes"],
  given: ImportSettings,
  isPth: boolean,
): Promise<AdapterSettings> => {
  const { sources, decoder } = await requireDescription(registry, decoders, given);
  return {
    vision: visionOf(given, sources.length, decoder, isPth ? "legacy" : "causal-drop"),
    features: sources,
    shape: shapeOf(shapes, sources, decoder),
    decoder: { id: decoder.id, sha256: decoder.sha256 },
    loss: given.loss ?? (isPth ? "all" : "answer"),
    questions: given.questions ?? (isPth ? "verbatim" : "plain"),
    training: null,
  };
};

/** @throws AnchorageError `invalid-input` that names the first which is not there */
const layersNamed = (registry: Pick<EncoderRegistry, "layer">, ids: readonly string[]): EncoderInfo[] =>
  ids.map((id, i) => layerInfo(registry, id, ["layers", i]));

const requireShort = ({ shape: { prompt, features: widths }, vision }: AdapterSettings): void => {
  if (prompt > MOST_PROMPT)
    throw invalidField(["body"], `has a prompt of ${prompt} tokens; at most ${MOST_PROMPT} are taken`);
  if (widths.length > MOST_VECTORS)
    throw invalidField(["body"], `takes features of ${widths.length} layers; at most ${MOST_VECTORS} are`);
  if (vision?.kind === "epalm" && vision.injection.endLayer > MOST_LAYERS)
    throw invalidField(
      ["body"],
      `goes up to layer ${vision.injection.endLayer}; at most ${MOST_LAYERS} are known`,
    );
};

/** Turns a corrupt file into an invalid request, whose body it is. */
const readable = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
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
  shapes: AdapterContents["shapes"],
  sources: readonly { readonly dimension: number }[],
  { config }: DecoderModel,
): AdapterShape => {
  const count = [...shapes.keys()].filter((name) => CONNECTOR.test(name)).length;
  const isProjected = [...shapes.keys()].some(isOfProjection);
  const isShared = count === 1 && sources.length > 1;
  return {
    features: sources.map(({ dimension }, vector) =>
      isProjected ? (shapes.get(`connector.${isShared ? 0 : vector}.weight`)?.[1] ?? 1) : dimension,
    ),
    hidden: config.hidden,
    wordWidth: config.wordWidth,
    shared: isShared,
    prompt: shapes.get(`${PROMPT}.0.weight`)?.[0] ?? 0,
    promptNetwork: shapes.has(`${PROMPT}.1.weight`),
    tokenNorm: [...shapes.keys()].some((name) => name.startsWith("token_norm.")),
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
