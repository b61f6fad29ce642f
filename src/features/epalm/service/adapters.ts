import pLimit from "p-limit";
import type { Job } from "../../../api/service.ts";
import type { Core } from "../../../collections/index.ts";
import { createSoleJobs } from "../../../collections/sole-job.ts";
import { AnchorageError, notFound } from "../../../errors.ts";
import { findCollection } from "../../../store/index.ts";
import type { AdapterRecord } from "../table.ts";
import type { CollectionName } from "../../../types.ts";
import { makeLayerVectors } from "./layer-vectors.ts";
import type { Decoders } from "./decoders.ts";
import { collectionFile, type FileFormat, type StreamedFile } from "./files/index.ts";
import { generate, type GenerateAnswer, type GenerateContext, type GenerateRequest } from "./generate.ts";
import { importAdapter, type ImportSettings } from "./import-adapter.ts";
import { inputsOf } from "./adapter-inputs.ts";
import { chooseLayers } from "./layers.ts";
import { createAdapterRecords, keepAdapter, type AdapterRecords } from "./records.ts";
import { planTraining, type TrainRequest } from "./training.ts";
import type { AdapterInputs, AdapterInputsRequest, Wanted } from "./types.ts";

/** The kind of job that makes the vectors of encoders' layers for a collection. */
const LAYER_VECTORS_JOB = "features";
/** The kind of job that trains an adapter. */
const TRAINING_JOB = "train-adapter";
/** What Postgres gives back of one column is twice as long on its way. */
const MOST_BYTES = 192 * 2 ** 20;

export interface Adapters {
  readonly records: AdapterRecords;
  readonly decoders: Decoders;
  /**
   * Starts a job that makes the layers' vectors of all of a collection's images.
   *
   * @throws AnchorageError `conflict` where one of the collection runs, `not-found`, or `invalid-input` or `unprocessable`
   * that names the layers
   */
  readonly startLayerVectors: (
    collection: CollectionName,
    layers: readonly string[] | undefined,
  ) => Promise<Job>;
  /**
   * Keeps an adapter out of a file; see {@link importAdapter}. One file is read at a time.
   *
   * @param bytes empty afterwards
   * @param id a new version of it; absent: an id that follows from the content
   * @returns whether it is new; the newest of the same content stands as it is
   */
  readonly register: (
    bytes: Uint8Array,
    id: string | undefined,
    settings: ImportSettings,
    signal: AbortSignal,
  ) => Promise<{ readonly adapter: AdapterRecord; readonly isNew: boolean }>;
  /** See {@link inputsOf}. */
  readonly inputs: (
    collection: CollectionName,
    request: AdapterInputsRequest,
    signal: AbortSignal,
  ) => Promise<AdapterInputs>;
  /**
   * Starts a job that trains an adapter on a collection's anchors.
   *
   * @throws AnchorageError `conflict` where one of the collection runs, and what {@link planTraining} throws
   */
  readonly startTraining: (request: TrainRequest) => Promise<Job>;
  /** See {@link generate}. */
  readonly generate: (request: GenerateRequest, context: GenerateContext) => Promise<GenerateAnswer>;
  /** See {@link collectionFile}. */
  readonly file: (collection: CollectionName, wanted: Wanted, format: FileFormat) => Promise<StreamedFile>;
}

/** Makes the operations of adapters from the open core. */
export const createAdapters = (core: Core, decoders: Decoders): Adapters => {
  const { store, encoders, collections, jobs } = core;
  const records = createAdapterRecords(store);
  const inTurn = pLimit(1);
  const sources = { store, registry: encoders, collections, records };
  const startLayerVectors = createSoleJobs<{
    readonly collection: CollectionName;
    readonly layers: readonly string[] | undefined;
  }>(jobs, LAYER_VECTORS_JOB, async (_, wanted) => {
    const collection = await findCollection(store, wanted.collection);
    if (collection === null) throw notFound("collection", wanted.collection);
    const chosen = await chooseLayers(store, encoders, collection, wanted.layers);
    const layers = chosen.map(({ encoder }) => encoder);
    return (context) => makeLayerVectors(store, encoders, collection, layers, context);
  });
  const startTraining = createSoleJobs<TrainRequest>(jobs, TRAINING_JOB, (_, request) =>
    planTraining(store, encoders, decoders, request),
  );
  return {
    records,
    decoders,
    startLayerVectors: (collection, layers) => startLayerVectors(collection, { collection, layers }),
    startTraining: (request) => startTraining(request.collection, request),
    register: async (bytes, id, settings, signal) => {
      if (bytes.length > MOST_BYTES)
        throw new AnchorageError("too-large", `An adapter has at most ${MOST_BYTES / 2 ** 20} MiB.`);
      const adapter = await inTurn(() => {
        signal.throwIfAborted();
        return importAdapter(encoders, decoders, bytes, settings, signal);
      });
      return keepAdapter(store, id ?? `adapter-${adapter.sha256.slice(0, 12)}`, adapter, null);
    },
    generate: (request, context) => generate(sources, decoders, request, context),
    inputs: (name, request, signal) => inputsOf(sources, name, request, signal),
    file: (name, wanted, format) => collectionFile(sources, name, wanted, format),
  };
};
