import type { Collections } from "../../../collections/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { AnchorageError, notFound } from "../../../errors.ts";
import type { JobContext } from "../../../collections/jobs/index.ts";
import { type Store, findCollection } from "../../../store/index.ts";
import type { AdapterRecord } from "../store-adapter-types.ts";
import type { CollectionName } from "../../../types.ts";
import { makeCollectionFeatures } from "./collection-features.ts";
import type { Decoders } from "./decoders.ts";
import { collectionFile, type FileFormat, type StreamedFile } from "./files/index.ts";
import { generate, type GenerateAnswer, type GenerateContext, type GenerateRequest } from "./generate.ts";
import { importAdapter, type ImportSettings } from "./imported.ts";
import { inputsOf } from "./inputs.ts";
import { chooseLayers } from "./layers.ts";
import { createAdapterRecords, keepAdapter, type AdapterRecords } from "./records.ts";
import { planTraining, type TrainRequest } from "./training.ts";
import type { AdapterInputs, AdapterInputsRequest, Wanted } from "./types.ts";

/** The kind of job that makes a collection's features. */
export const FEATURES_JOB = "features";
/** The kind of job that trains an adapter. */
export const TRAINING_JOB = "train-adapter";
/** What Postgres gives back of one column is twice as long on its way. */
const MOST_BYTES = 192 * 2 ** 20;

export interface Adapters {
  readonly records: AdapterRecords;
  readonly decoders: Decoders;
  /**
   * Makes ready to make features of all of a collection's images.
   *
   * @throws AnchorageError `not-found`, or `invalid-input` or `unprocessable` that names the layers
   */
  readonly planFeatures: (
    collection: CollectionName,
    layers: readonly string[] | undefined,
  ) => Promise<(context: JobContext) => Promise<void>>;
  /**
   * Keeps an adapter out of a file; see {@link importAdapter}.
   *
   * @param id a new version of it; absent: an id that follows from the content
   * @returns whether it is new; the newest of the same content stands as it is
   */
  readonly register: (
    bytes: Uint8Array,
    id: string | undefined,
    settings: ImportSettings,
  ) => Promise<{ readonly adapter: AdapterRecord; readonly isNew: boolean }>;
  /** See {@link inputsOf}. */
  readonly inputs: (
    collection: CollectionName,
    request: AdapterInputsRequest,
    signal: AbortSignal,
  ) => Promise<AdapterInputs>;
  /** See {@link planTraining}. */
  readonly planTraining: (request: TrainRequest) => Promise<(context: JobContext) => Promise<void>>;
  /** See {@link generate}. */
  readonly generate: (request: GenerateRequest, context: GenerateContext) => Promise<GenerateAnswer>;
  /** See {@link collectionFile}. */
  readonly file: (collection: CollectionName, wanted: Wanted, format: FileFormat) => Promise<StreamedFile>;
}

/** What adapters stand on. */
export interface Ground {
  readonly store: Store;
  readonly encoders: EncoderRegistry;
  readonly collections: Pick<Collections, "search">;
  readonly decoders: Decoders;
}

export const createAdapters = ({ store, encoders, collections, decoders }: Ground): Adapters => {
  const records = createAdapterRecords(store);
  const eyes = {
    store,
    registry: encoders,
    collections,
    records,
  };
  return {
    records,
    decoders,
    planFeatures: async (name, layers) => {
      const collection = await findCollection(store, name);
      if (collection === null) throw notFound("collection", name);
      const chosen = await chooseLayers(store, encoders, collection, layers);
      const records = chosen.map(({ encoder }) => encoder);
      return (context) => makeCollectionFeatures(store, encoders, collection, records, context);
    },
    register: async (bytes, id, settings) => {
      if (bytes.length > MOST_BYTES)
        throw new AnchorageError("too-large", `An adapter has at most ${MOST_BYTES / 2 ** 20} MiB.`);
      const adapter = await importAdapter(encoders, decoders, bytes, settings);
      return keepAdapter(store, id ?? `adapter-${adapter.sha256.slice(0, 12)}`, adapter, null);
    },
    planTraining: (request) => planTraining(store, encoders, decoders, request),
    generate: (request, context) => generate(eyes, decoders, request, context),
    inputs: (name, request, signal) => inputsOf(eyes, name, request, signal),
    file: (name, wanted, format) => collectionFile(eyes, name, wanted, format),
  };
};
