import type { Database } from "../../../store/index.ts";
import type { Collections } from "../../../collections/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { AnchorageError, invalidField, notFound, type FieldPath } from "../../../errors.ts";
import { type CollectionRecord, type EncoderRecord, findCollection } from "../../../store/index.ts";
import type { CollectionName } from "../../../types.ts";
import { layerVectorsOf, imageInputOf, type ImageInput } from "./image-inputs.ts";
import { layersOfAdapter } from "./compatibility.ts";
import { chooseLayers } from "./layers.ts";
import { applyAdapter } from "./apply-adapter.ts";
import { neighboursOf } from "./neighbours.ts";
import type { AdapterRecords, StoredAdapter } from "./records.ts";
import type { AdapterInputs, AdapterInputsRequest, NamedLayer, Wanted } from "./types.ts";

export interface InputSources {
  readonly store: Database;
  readonly registry: EncoderRegistry;
  readonly collections: Pick<Collections, "search">;
  readonly records: Pick<AdapterRecords, "load">;
}

/** Which features are wanted, and the adapter that they are for. */
interface Chosen {
  readonly collection: CollectionRecord;
  readonly layers: readonly NamedLayer[];
  readonly stored: StoredAdapter | null;
}

/**
 * Resolves the collection, the layers and the adapter of a request.
 *
 * @throws AnchorageError `not-found` for a collection or adapter that is not there, `invalid-input` for layers,
 * `conflict` where the adapter is for other encoders, `unprocessable` where it takes nothing that can be seen here
 */
export const resolveAdapterInputs = async (
  { store, registry, records }: Pick<InputSources, "store" | "registry" | "records">,
  name: CollectionName,
  { layers, adapter }: Wanted,
): Promise<Chosen> => {
  const collection = await findCollection(store, name);
  if (collection === null) throw notFound("collection", name);
  if (adapter === undefined)
    return { collection, layers: await chooseLayers(store, registry, collection, layers), stored: null };
  if (layers !== undefined)
    throw invalidField(["layers"], "have no place beside an adapter, which names its own");
  const stored = await records.load(adapter);
  requireOneToken(stored);
  return { collection, layers: await layersOfAdapter(store, registry, stored.adapter.settings), stored };
};

const requireOneToken = ({ adapter: { settings } }: StoredAdapter): void => {
  const { vision } = settings;
  const refuse = (why: string): AnchorageError => new AnchorageError("unprocessable", `The adapter ${why}.`);
  if (vision === null) throw refuse("has a soft prompt alone, and sees nothing");
  if (vision.tokens !== 1)
    throw refuse(`takes ${vision.tokens} tokens of each layer, as of a video's frames; an image has one`);
};

/**
 * The features of inputs, or an adapter's output for them, with their nearest anchors.
 *
 * @param pathOf the path of an input in the caller's request, for faults
 */
export const inputsOf = async (
  sources: InputSources,
  name: CollectionName,
  request: AdapterInputsRequest,
  signal: AbortSignal,
  pathOf: (row: number) => FieldPath = (row) => ["inputs", row],
): Promise<AdapterInputs> => {
  const { store, registry, collections } = sources;
  const { neighbours = 0 } = request;
  const chosen = await resolveAdapterInputs(sources, name, request);
  const { collection, layers, stored } = chosen;
  const imageInputs = request.inputs.map((input, i) => imageInputOf(input, pathOf(i)));
  const own = neighbours > 0 ? ownEncoder(registry, collection, imageInputs) : null;
  const encoders = layers.map(({ encoder }) => encoder);
  const [layerVectors, vectors] = await seen(sources, collection, encoders, own, imageInputs, pathOf, signal);
  return {
    sequence: collection.sequence,
    inputs: imageInputs.map((input) => ({ anchor: "anchor" in input ? input.anchor : null })),
    layers,
    ...(stored === null
      ? { tokens: layerVectors }
      : { made: await applyAdapter(stored, layerVectors, imageInputs.length) }),
    ...(neighbours === 0
      ? {}
      : { neighbours: await neighboursOf(store, collections, collection, imageInputs, vectors, neighbours) }),
  };
};

/**
 * Image files are looked for among the anchors by the collection's own encoder.
 *
 * @throws AnchorageError `unprocessable` where it is not installed here
 */
const ownEncoder = (
  registry: Pick<EncoderRegistry, "list">,
  { imageEncoder }: CollectionRecord,
  imageInputs: readonly ImageInput[],
): EncoderRecord | null => {
  if (!imageInputs.some((input) => "image" in input)) return null;
  const { id, sha256 } = imageEncoder;
  const isHere = registry
    .list()
    .some((info) => info.modality === "image" && info.id === id && info.sha256 === sha256);
  if (isHere) return imageEncoder;
  throw new AnchorageError(
    "unprocessable",
    `The neighbours of an image cannot be found, for the collection's image encoder "${id}" is not installed here.`,
  );
};

/** Vectors of all images by the layers, and the vectors by `own` of those that are image files, in one run of the networks. */
const seen = async (
  { store, registry }: InputSources,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  own: EncoderRecord | null,
  imageInputs: readonly ImageInput[],
  pathOf: (row: number) => FieldPath,
  signal: AbortSignal,
): Promise<[Float32Array[], Map<number, Float32Array>]> => {
  const known = encoders.findIndex(({ key }) => key === own?.key);
  const all = own === null || known >= 0 ? encoders : [...encoders, own];
  const layerVectors = await layerVectorsOf(store, registry, collection, all, imageInputs, pathOf, signal);
  const vectors = new Map<number, Float32Array>();
  if (own !== null) {
    const rows = layerVectors[known >= 0 ? known : encoders.length];
    imageInputs.forEach((_, row) => {
      vectors.set(row, rows?.slice(row * own.dimension, (row + 1) * own.dimension) ?? new Float32Array(0));
    });
  }
  return [layerVectors.slice(0, encoders.length), vectors];
};
