import type { z } from "@hono/zod-openapi";
import type { trainRequest } from "../api/adapter-training.ts";
import {
  type Database,
  findVectors,
  type CollectionRecord,
  type EncoderRecord,
  findCollection,
  findAnchors,
} from "../../../store/index.ts";
import { AnchorageError, invalidField, notFound } from "../../../errors.ts";
import {
  captionPrompt,
  defaultInjection,
  defaultTraining,
  plainText,
  questionPrompt,
  splitByInput,
  trainAdapter,
  writeAdapter,
  type AdapterRow,
  type DecoderModel,
  type TrainingOptions,
  type Vision,
} from "../index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { keepLayerVectors } from "../../../collections/layer-vectors/index.ts";
import type { JobContext } from "../../../collections/jobs/index.ts";
import type { AnchorId, JsonValue } from "../../../types.ts";
import type { Decoders } from "./decoders.ts";
import { chooseLayers } from "./layers.ts";
import { keepAdapter } from "./records.ts";
import type { NamedLayer } from "./types.ts";
import { anchorKeys } from "../anchor-keys.ts";

export type TrainRequest = z.output<typeof trainRequest>;
/** One text about one anchor: an answer to a question, or a caption without one. */
type TrainingRow = Exclude<TrainRequest["rows"], "captions">[number];

/** Numbers in the features of all anchors that are trained on, 2 GiB. */
const MOST_NUMBERS = 2 ** 29;
const ANCHORS_AT_ONCE = 1_000;
const VALIDATION = 0.1;

/**
 * Makes ready to train an adapter on a collection's anchors: the decoder and the encoder stay as they are.
 *
 * @returns the work, which registers the adapter as a new version of its id
 * @throws AnchorageError `not-found` for a collection or a decoder; `invalid-input` that names the row; `unprocessable`
 * where nothing is left to be trained on
 */
export const planTraining = async (
  store: Database,
  registry: EncoderRegistry,
  decoders: Decoders,
  request: TrainRequest,
): Promise<(context: JobContext) => Promise<void>> => {
  const collection = await findCollection(store, request.collection);
  if (collection === null) throw notFound("collection", request.collection);
  const decoder = await decoders.get(request.decoder);
  const layers = await chooseLayers(store, registry, collection, request.layers);
  const { anchors, rows } = await rowsOf(store, collection, request.rows);
  const numbers = anchors.length * layers.reduce((sum, { encoder }) => sum + encoder.dimension, 0);
  if (numbers > MOST_NUMBERS)
    throw invalidField(["rows"], `are about ${anchors.length} anchors, whose features take more than 2 GiB`);
  const options = optionsOf(decoder, layers, request);
  const parts = splitByInput(rows, request.validation ?? VALIDATION, options.seed);
  if (parts.rows.length === 0) throw invalidField(["validation"], "leaves no rows to be trained on");
  return async ({ signal, progress }) => {
    const encoders = layers.map(({ encoder }) => encoder);
    await keepLayerVectors(store, registry, collection, encoders, anchors, {
      signal,
      onMade: (done) => progress(done, anchors.length, { stage: "features" }),
    });
    const layerVectors = await trainingVectors(store, encoders, anchors);
    const adapter = await trainAdapter(decoder, { ...parts, layerVectors, inputs: anchors.length }, options, {
      signal,
      onProgress: ({ step, steps, epoch, epochs, loss, validation }) =>
        progress(step, steps, { stage: "training", epoch, epochs, loss, validation }),
    });
    signal.throwIfAborted();
    const { sequence, name } = collection;
    const file = { ...adapter, content: writeAdapter(adapter) };
    const { adapter: record } = await keepAdapter(store, request.id, file, { collection: name, sequence });
    const { training } = adapter.settings;
    const best: JsonValue = training === null ? null : { ...training.best };
    const identity = { id: record.id, version: record.version, sha256: record.sha256 };
    // Training may have stopped early.
    const steps = training?.steps ?? 0;
    progress(steps, steps, { stage: "done", adapter: identity, best });
  };
};

const optionsOf = (
  { config }: DecoderModel,
  layers: readonly NamedLayer[],
  request: TrainRequest,
): TrainingOptions => {
  const sources = layers.map(({ encoder: { id, sha256, dimension } }) => ({
    encoder: id,
    sha256,
    dimension,
  }));
  const {
    method = "epalm",
    mode = "causal-drop",
    prompt,
    shared,
    loss,
    batch,
    epochs,
    seed,
    rates,
    schedule,
  } = request;
  if (method === "limber" && request.mode !== undefined)
    throw invalidField(["mode"], 'has no place beside the method "limber"');
  if (method === "epalm" && layers.length > config.layers)
    throw invalidField(
      ["layers"],
      `are ${layers.length}, and the decoder has no more than ${config.layers} layers`,
    );
  const vision: Vision =
    method === "limber"
      ? { kind: "limber", vectors: layers.length, tokens: 1 }
      : { kind: "epalm", mode, injection: defaultInjection(config.layers, layers.length), tokens: 1 };
  const given = { prompt, shared, loss, batch, epochs, seed, rates, schedule };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const usual = defaultTraining(config, method === "epalm" ? sources : []);
  return { ...usual, ...said, sources, vision };
};

/** The anchors that are trained on, by their keys, and the rows about them. */
const rowsOf = async (
  store: Database,
  collection: CollectionRecord,
  given: TrainRequest["rows"],
): Promise<{ readonly anchors: readonly number[]; readonly rows: readonly AdapterRow[] }> => {
  const texts = given === "captions" ? await captionsOf(store, collection) : given;
  const ids = [...new Set(texts.map(({ anchor }) => anchor))];
  const found = await anchorKeys(store, collection, ids);
  const known = new Map(found.map((anchor) => [anchor.id, anchor]));
  const anchors: number[] = [];
  const places = new Map<AnchorId, number>();
  const rows = texts.map(({ anchor, question = "", answer }, i): AdapterRow => {
    const path = ["rows", i];
    const stored = known.get(anchor);
    if (stored === undefined)
      throw invalidField([...path, "anchor"], `there is no anchor "${anchor}" in this collection`);
    if (!stored.hasImage)
      throw invalidField(
        [...path, "anchor"],
        `the anchor "${anchor}" has no stored image to make features of`,
      );
    const text = plainText(answer);
    if (text === "") throw invalidField([...path, "answer"], "must not be blank");
    const input = places.get(anchor) ?? anchors.push(stored.key) - 1;
    places.set(anchor, input);
    const prompt = question.trim() === "" ? captionPrompt() : questionPrompt(question);
    return { input, prompt, answer: text };
  });
  return { anchors, rows };
};

const captionsOf = async (store: Database, collection: CollectionRecord): Promise<TrainingRow[]> => {
  const pictured = await anchorKeys(store, collection, "with images");
  const rows: TrainingRow[] = [];
  for (let first = 0; first < pictured.length; first += ANCHORS_AT_ONCE) {
    const ids = pictured.slice(first, first + ANCHORS_AT_ONCE).map(({ id }) => id);
    for (const { id, caption } of await findAnchors(store, collection, ids))
      if (caption !== null && plainText(caption) !== "") rows.push({ anchor: id, answer: caption });
  }
  if (rows.length > 0) return rows;
  const message = "no anchor of the collection has an image and a caption";
  throw invalidField(["rows"], message, "unprocessable");
};

/** Of each layer `[anchors, dimension]`. */
const trainingVectors = async (
  store: Database,
  encoders: readonly EncoderRecord[],
  anchors: readonly number[],
): Promise<Float32Array[]> => {
  const layerVectors: Float32Array[] = [];
  for (const encoder of encoders) {
    const { dimension } = encoder;
    const rows = new Float32Array(anchors.length * dimension);
    for (let first = 0; first < anchors.length; first += ANCHORS_AT_ONCE) {
      const keys = anchors.slice(first, first + ANCHORS_AT_ONCE);
      const found = await findVectors(store, encoder, keys);
      keys.forEach((key, i) => {
        const vector = found.get(key);
        if (vector === undefined)
          throw new AnchorageError("conflict", "An anchor was changed or deleted meanwhile; start it again.");
        rows.set(vector, (first + i) * dimension);
      });
    }
    layerVectors.push(rows);
  }
  return layerVectors;
};
