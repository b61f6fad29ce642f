import type {
  AdapterInputsBody,
  AdapterInputsRequestBody,
  AnchorBody,
  AnchorPageBody,
  CalibrateRequestBody,
  CalibrationBody,
  ClassifyAnswerBody,
  ClassifyRequestBody,
  CollectionBody,
  CollectionChangeBody,
  CollectionSpecBody,
  CompactedBody,
  ConsensusAnswerBody,
  ConsensusRequestBody,
  ConsensusScoreAnswerBody,
  ConsensusScoreRequestBody,
  CounterfactualAnswerBody,
  CounterfactualRequestBody,
  CoverageAnswerBody,
  CoverageRequestBody,
  DeleteAnchorsBody,
  DeletedBody,
  EncoderListBody,
  FeaturesRequestBody,
  FilterBody,
  GeneratorListBody,
  InfluenceAnswerBody,
  InfluenceRequestBody,
  JobBody,
  JobListBody,
  RankCorrelationAnswerBody,
  RankCorrelationRequestBody,
  ReencodeRequestBody,
  ReencodingBody,
  ReadinessBody,
  ReceiptBody,
  ReceiptPageBody,
  RelativeAnswerBody,
  RelativeRequestBody,
  ScorerListBody,
  SearchAnswerBody,
  SearchRequestBody,
  SelectionListBody,
  SelectionRequestBody,
  SelectionStateBody,
  SimilarityAnswerBody,
  SimilarityRequestBody,
  StoredAnchorBody,
  TransferabilityAnswerBody,
  TransferabilityRequestBody,
  TuneRequestBody,
  TuningBody,
  WrittenBody,
  WrittenLinesBody,
} from "../http/index.ts";
import { createAdaptersClient, type AdaptersClient } from "../features/epalm/client.ts";
import { putAnchorStream } from "./anchor-stream.ts";
import { streamConsensus, type ConsensusEvent } from "../features/consensus/client.ts";
import { createTransport, type CallOptions, type ClientOptions } from "./transport.ts";

/** For answers that must know of a write, wherever it was made. */
export interface ReadOptions extends CallOptions {
  /** Of that write; a service that is behind it waits up to 5 s, then refuses with 503. */
  readonly minSequence?: number;
}

export interface ListOptions extends ReadOptions {
  readonly filter?: FilterBody;
  /** Adds the stored vectors. */
  readonly vectors?: boolean;
  /** Anchors a request; 200 where absent, at most 1,000. */
  readonly pageSize?: number;
}

/** One collection of the service. Nothing is asked until a method is called. */
export interface CollectionClient {
  get(options?: ReadOptions): Promise<CollectionBody>;
  /** Changes what queries are answered by; what is not given stays. */
  update(change: CollectionChangeBody, options?: CallOptions): Promise<CollectionBody>;
  /** Starts to look for better settings by the collection's own anchors. */
  tune(request?: TuneRequestBody, options?: CallOptions): Promise<JobBody>;
  /** What was found last. */
  getTuning(options?: CallOptions): Promise<TuningBody>;
  /** Starts a move to other encoders; the job tells when it is over, `getReencoding` how it went. */
  reencode(request: ReencodeRequestBody, options?: CallOptions): Promise<JobBody>;
  getReencoding(options?: CallOptions): Promise<ReencodingBody>;
  delete(options?: CallOptions): Promise<void>;
  /** All or nothing; at most 10,000 at once. */
  putAnchors(anchors: readonly AnchorBody[], options?: CallOptions): Promise<WrittenBody>;
  /** Any number, sent as they come; yields what is stored. Nothing is sent until it is iterated. */
  putAnchorStream(
    anchors: AsyncIterable<AnchorBody> | Iterable<AnchorBody>,
    options?: CallOptions,
  ): AsyncGenerator<WrittenLinesBody, void>;
  getAnchor(id: string, options?: ReadOptions & { readonly vectors?: boolean }): Promise<StoredAnchorBody>;
  getImage(id: string, options?: CallOptions): Promise<Blob>;
  /** Every anchor in id order, page by page. */
  listAnchors(options?: ListOptions): AsyncGenerator<StoredAnchorBody, void>;
  deleteAnchor(id: string, options?: CallOptions): Promise<DeletedBody>;
  deleteAnchors(which: DeleteAnchorsBody, options?: CallOptions): Promise<DeletedBody>;
  getReceipt(id: string, options?: CallOptions): Promise<ReceiptBody>;
  /** The whole chain from its beginning, page by page. */
  listReceipts(options?: CallOptions & { readonly pageSize?: number }): AsyncGenerator<ReceiptBody, void>;
  /** Takes what was deleted out of memory, snapshots and tables; `rewrite` locks the tables meanwhile. */
  compact(options?: CallOptions & { readonly tables?: CompactedBody["tables"] }): Promise<CompactedBody>;
  search(request: SearchRequestBody, options?: CallOptions): Promise<SearchAnswerBody>;
  relative(request: RelativeRequestBody, options?: CallOptions): Promise<RelativeAnswerBody>;
  similarity(request: SimilarityRequestBody, options?: CallOptions): Promise<SimilarityAnswerBody>;
  classify(request: ClassifyRequestBody, options?: CallOptions): Promise<ClassifyAnswerBody>;
  /** How well the anchors support each class, and which pairs to add. */
  coverage(request: CoverageRequestBody, options?: CallOptions): Promise<CoverageAnswerBody>;
  /** Starts measuring how sure classifications may be; they can be asked for probabilities when the job is done. */
  calibrate(request?: CalibrateRequestBody, options?: CallOptions): Promise<JobBody>;
  listCalibrations(options?: CallOptions): Promise<CalibrationBody[]>;
  /** The same without some anchors, or with others; nothing is written. */
  counterfactual(
    request: CounterfactualRequestBody,
    options?: CallOptions,
  ): Promise<CounterfactualAnswerBody>;
  /** Which anchors, taken away one at a time, change the most answers. */
  influence(request: InfluenceRequestBody, options?: CallOptions): Promise<InfluenceAnswerBody>;
  /** Starts making the features of encoders' layers of all images. */
  makeFeatures(request?: FeaturesRequestBody, options?: CallOptions): Promise<JobBody>;
  /** Features of layers, or what an adapter makes of them. */
  adapterInputs(
    request: Omit<AdapterInputsRequestBody, "format" | "all">,
    options?: CallOptions,
  ): Promise<AdapterInputsBody>;
  /** The same as a file, also of all anchors; its body can be read as it comes. */
  adapterInputsFile(
    request: AdapterInputsRequestBody & { readonly format: "npy" | "safetensors" },
    options?: CallOptions,
  ): Promise<Response>;
}

/** A service. Every method throws `AnchorageApiError` where the service refuses. */
export interface AnchorageClient extends AdaptersClient {
  collection(name: string): CollectionClient;
  createCollection(spec: CollectionSpecBody, options?: CallOptions): Promise<CollectionBody>;
  listCollections(options?: CallOptions): Promise<CollectionBody[]>;
  listEncoders(options?: CallOptions): Promise<EncoderListBody["encoders"]>;
  /** Generators and scorers in a closed loop until they agree; `signal` ends the run. */
  consensus(
    request: Omit<ConsensusRequestBody, "stream">,
    options?: CallOptions,
  ): Promise<ConsensusAnswerBody>;
  /** The same, each round as soon as it is over, and the result last. */
  consensusStream(
    request: Omit<ConsensusRequestBody, "stream">,
    options?: CallOptions,
  ): AsyncGenerator<ConsensusEvent, void>;
  /** What scorers say of some proposals, raw and calibrated. */
  consensusScore(
    request: ConsensusScoreRequestBody,
    options?: CallOptions,
  ): Promise<ConsensusScoreAnswerBody>;
  listScorers(options?: CallOptions): Promise<ScorerListBody["scorers"]>;
  listGenerators(options?: CallOptions): Promise<GeneratorListBody["generators"]>;
  listJobs(options?: CallOptions): Promise<JobBody[]>;
  getJob(id: string, options?: CallOptions): Promise<JobBody>;
  /** Asks it to end, and waits until it has. */
  cancelJob(id: string, options?: CallOptions): Promise<JobBody>;
  /** How well features fit labels, by several scores; to be asked for each model and compared. */
  transferability(
    request: TransferabilityRequestBody,
    options?: CallOptions,
  ): Promise<TransferabilityAnswerBody>;
  /** Starts to rank image encoders for a collection or a dataset; the job's id is the selection's. */
  select(request: SelectionRequestBody, options?: CallOptions): Promise<JobBody>;
  /** What was found; before it is `done`, how far it is. */
  getSelection(id: string, options?: CallOptions): Promise<SelectionStateBody>;
  listSelections(options?: CallOptions): Promise<SelectionListBody["selections"]>;
  deleteSelection(id: string, options?: CallOptions): Promise<void>;
  /** How far two lists rank the same items alike. */
  rankCorrelation(
    request: RankCorrelationRequestBody,
    options?: CallOptions,
  ): Promise<RankCorrelationAnswerBody>;
  /** @throws AnchorageApiError 503 where it is not ready yet. */
  ready(options?: CallOptions): Promise<ReadinessBody>;
}

/**
 * A client of the service at `url`.
 *
 * @example
 * ```ts
 * const anchorage = createClient({ url: "http://localhost:8080" });
 * await anchorage.createCollection({
 *   name: "birds",
 *   imageEncoder: { external: { dimension: 2 } },
 *   textEncoder: { external: { dimension: 2 } },
 * });
 * const birds = anchorage.collection("birds");
 * await birds.putAnchors([
 *   { id: "owl", text: "an owl", imageVector: [1, 0], textVector: [1, 0] },
 *   { id: "hen", text: "a hen", imageVector: [0, 1], textVector: [0, 1] },
 * ]);
 * const { hits } = await birds.search({ query: { vector: [1, 0.1], modality: "text" }, target: "image" });
 * // [{ id: "owl", score: …, text: "an owl", metadata: {} }, …]
 * ```
 */
export const createClient = (options: ClientOptions): AnchorageClient => {
  const transport = createTransport(options);
  const { json, post } = transport;

  const collection = (name: string): CollectionClient => {
    const path = `/v1/collections/${segment(name)}`;
    const anchors = `${path}/anchors`;
    return {
      get: ({ minSequence, ...options } = {}) =>
        json("GET", path, { ...options, query: { minSequence: digits(minSequence) } }),
      update: async (change, options) => json("PATCH", path, { ...options, body: JSON.stringify(change) }),
      tune: async (request = {}, options) => post(`${path}/tune`, request, options),
      getTuning: async (options) => json("GET", `${path}/tune`, options),
      reencode: (request, options) => post(`${path}/reencode`, request, options),
      getReencoding: async (options) => json("GET", `${path}/reencode`, options),
      delete: async (options) => {
        await transport.send("DELETE", path, options);
      },
      putAnchors: (batch, options) =>
        json("PUT", anchors, { ...options, body: JSON.stringify({ anchors: batch }) }),
      putAnchorStream: (batch, options) => putAnchorStream(transport, anchors, batch, options),
      getAnchor: async (id, { vectors, minSequence, ...options } = {}) =>
        json("GET", `${anchors}/${segment(id)}`, {
          ...options,
          query: { vectors: flag(vectors), minSequence: digits(minSequence) },
        }),
      getImage: async (id, options) =>
        (
          await transport.send("GET", `${anchors}/${segment(id)}/image`, { ...options, accept: "image/*" })
        ).blob(),
      listAnchors: async function* ({ filter, vectors, minSequence, pageSize = 200, ...options } = {}) {
        let cursor: string | undefined;
        do {
          const page: AnchorPageBody = await json("GET", anchors, {
            ...options,
            query: {
              limit: String(pageSize),
              cursor,
              filter: filter === undefined ? undefined : JSON.stringify(filter),
              vectors: flag(vectors),
              minSequence: digits(minSequence),
            },
          });
          yield* page.anchors;
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
      },
      deleteAnchor: async (id, options) => json("DELETE", `${anchors}/${segment(id)}`, options),
      deleteAnchors: (which, options) => post(`${anchors}/delete`, which, options),
      getReceipt: async (id, options) => json("GET", `${path}/receipts/${segment(id)}`, options),
      listReceipts: async function* ({ pageSize = 200, ...options } = {}) {
        let cursor: string | undefined;
        do {
          const page: ReceiptPageBody = await json("GET", `${path}/receipts`, {
            ...options,
            query: { limit: String(pageSize), cursor },
          });
          yield* page.receipts;
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
      },
      compact: ({ tables, ...options } = {}) =>
        json("POST", `${path}/compact`, { ...options, query: { tables } }),
      search: (request, options) => post(`${path}/search`, request, options),
      relative: (request, options) => post(`${path}/relative`, request, options),
      similarity: (request, options) => post(`${path}/similarity`, request, options),
      classify: (request, options) => post(`${path}/classify`, request, options),
      coverage: (request, options) => post(`${path}/coverage`, request, options),
      calibrate: (request = {}, options) => post(`${path}/calibrate`, request, options),
      listCalibrations: async (options) =>
        (await json<{ calibrations: CalibrationBody[] }>("GET", `${path}/calibrations`, options))
          .calibrations,
      counterfactual: (request, options) => post(`${path}/counterfactual`, request, options),
      influence: (request, options) => post(`${path}/influence`, request, options),
      makeFeatures: (request = {}, options) => post(`${path}/features`, request, options),
      adapterInputs: (request, options) => post(`${path}/adapter-inputs`, request, options),
      adapterInputsFile: (request, options) =>
        transport.send("POST", `${path}/adapter-inputs`, {
          ...options,
          body: JSON.stringify(request),
          accept: "application/octet-stream, application/problem+json",
        }),
    };
  };

  return {
    ...createAdaptersClient(transport),
    collection,
    createCollection: (spec, options) => post("/v1/collections", spec, options),
    listCollections: async (options) =>
      (await json<{ collections: CollectionBody[] }>("GET", "/v1/collections", options)).collections,
    listEncoders: async (options) => (await json<EncoderListBody>("GET", "/v1/encoders", options)).encoders,
    consensus: (request, options) => post("/v1/consensus", request, options),
    consensusStream: (request, options) => streamConsensus(transport, request, options),
    consensusScore: (request, options) => post("/v1/consensus/score", request, options),
    listScorers: async (options) => (await json<ScorerListBody>("GET", "/v1/scorers", options)).scorers,
    listGenerators: async (options) =>
      (await json<GeneratorListBody>("GET", "/v1/generators", options)).generators,
    listJobs: async (options) => (await json<JobListBody>("GET", "/v1/jobs", options)).jobs,
    getJob: async (id, options) => json("GET", `/v1/jobs/${segment(id)}`, options),
    cancelJob: async (id, options) => json("DELETE", `/v1/jobs/${segment(id)}`, options),
    transferability: (request, options) => post("/v1/transferability", request, options),
    select: (request, options) => post("/v1/selections", request, options),
    getSelection: async (id, options) => json("GET", `/v1/selections/${segment(id)}`, options),
    listSelections: async (options) =>
      (await json<SelectionListBody>("GET", "/v1/selections", options)).selections,
    deleteSelection: async (id, options) => {
      await transport.send("DELETE", `/v1/selections/${segment(id)}`, options);
    },
    rankCorrelation: (request, options) => post("/v1/rank-correlation", request, options),
    ready: (options) => json("GET", "/readyz", options),
  };
};

/** The bytes of an image file as an input or as an anchor's `image`. */
export const imageOf = (bytes: Uint8Array): { base64: string } => {
  const parts: string[] = [];
  const step = 0x8000;
  for (let at = 0; at < bytes.length; at += step)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + step)));
  return { base64: btoa(parts.join("")) };
};

const flag = (value: boolean | undefined): string | undefined => (value === true ? "true" : undefined);

const digits = (value: number | undefined): string | undefined => value?.toString();

/**
 * One segment of a path.
 *
 * @throws RangeError for `.` and `..`, which URLs take for directions however they are encoded: a request for such an
 * anchor would be one for something else. `deleteAnchors` and `listAnchors` reach them.
 */
const segment = (id: string): string => {
  if (id === "." || id === ".." || id === "") throw new RangeError(`no URL can name ${JSON.stringify(id)}`);
  return encodeURIComponent(id);
};
