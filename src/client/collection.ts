import type {
  AnchorBody,
  AnchorChangeBody,
  AnchorContentBody,
  AnchorPageBody,
  AnchorsOfSourceBody,
  ContentStateBody,
  DeleteAnchorsBody,
  DeletedBody,
  ExistingAnchorsBody,
  SourceIdsBody,
  StoredAnchorBody,
  WrittenBody,
  WrittenLinesBody,
} from "../api/anchors.ts";
import type { CollectionBody, CollectionChangeBody } from "../api/collections.ts";
import type { FacetsAnswerBody, FacetsRequestBody } from "../api/facets.ts";
import type { FilterBody } from "../api/filter.ts";
import type { AdoptedIndexesBody } from "../api/indexes.ts";
import type {
  ClassifyAnswerBody,
  ClassifyRequestBody,
  RelativeAnswerBody,
  RelativeRequestBody,
  SearchAnswerBody,
  SearchRequestBody,
  SimilarityAnswerBody,
  SimilarityRequestBody,
} from "../api/queries.ts";
import type { CompactedBody, ReceiptBody, ReceiptPageBody } from "../api/receipts.ts";
import { sendAnchorStream } from "./anchor-stream.ts";
import { digits, flag, segment } from "./paths.ts";
import type { CallOptions, Transport } from "./transport.ts";

const IDS_A_PAGE = 1_000;

/** For answers that must include a write, wherever it was made. */
export interface ReadOptions extends CallOptions {
  /** Of that write; a service that is behind it waits up to 5 s, then refuses with 503. */
  readonly minSequence?: number;
}

export interface ListOptions extends ReadOptions {
  readonly filter?: FilterBody;
  /** Adds the stored vectors. */
  readonly vectors?: boolean;
  /** Anchors in a request: 1 to 1,000, by default 200. */
  readonly pageSize?: number;
}

/** A collection's anchors, the queries that they answer, and the receipts of what was deleted. */
export interface CoreCollectionClient {
  get(options?: ReadOptions): Promise<CollectionBody>;
  /** Changes the defaults of queries; what is absent stays as it is. */
  update(change: CollectionChangeBody, options?: CallOptions): Promise<CollectionBody>;
  delete(options?: CallOptions): Promise<void>;
  /** Stores all anchors or none, 1 to 10,000 at once. */
  putAnchors(anchors: readonly AnchorBody[], options?: CallOptions): Promise<WrittenBody>;
  /**
   * Sends any number of anchors as they come and yields what is stored, batch by batch. Nothing is sent before it is
   * iterated.
   */
  putAnchorStream(
    anchors: AsyncIterable<AnchorBody> | Iterable<AnchorBody>,
    options?: CallOptions,
  ): AsyncGenerator<WrittenLinesBody, void>;
  getAnchor(id: string, options?: ReadOptions & { readonly vectors?: boolean }): Promise<StoredAnchorBody>;
  /**
   * Changes an anchor's caption or metadata; its image stays.
   *
   * @throws ConflictError where it was written after `ifSequence`
   */
  changeAnchor(id: string, change: AnchorChangeBody, options?: CallOptions): Promise<StoredAnchorBody>;
  getImage(id: string, options?: CallOptions): Promise<Blob>;
  /** Which of at most 10,000 ids are stored, each once, in the order given. */
  existingAnchors(ids: readonly string[], options?: CallOptions): Promise<readonly string[]>;
  /** Compares at most 10,000 anchors with those stored under their ids; the state of each, in order. */
  compareAnchors(
    anchors: readonly AnchorContentBody[],
    options?: CallOptions,
  ): Promise<readonly ContentStateBody[]>;
  /** The ids of the anchors that come from a folder, table or shard, in id order, page by page. */
  idsOfSource(container: string, options?: CallOptions): AsyncGenerator<string, void>;
  /** Every anchor in id order, page by page. */
  listAnchors(options?: ListOptions): AsyncGenerator<StoredAnchorBody, void>;
  deleteAnchor(id: string, options?: CallOptions): Promise<DeletedBody>;
  deleteAnchors(which: DeleteAnchorsBody, options?: CallOptions): Promise<DeletedBody>;
  getReceipt(id: string, options?: CallOptions): Promise<ReceiptBody>;
  /** The whole chain from its beginning, page by page. */
  listReceipts(options?: CallOptions & { readonly pageSize?: number }): AsyncGenerator<ReceiptBody, void>;
  /** Removes what was deleted from memory, snapshots and tables; `rewrite`, the default, locks the tables meanwhile. */
  compact(options?: CallOptions & { readonly tables?: CompactedBody["tables"] }): Promise<CompactedBody>;
  /** Has the service take over the index that `build-index` put into its DATA_DIR. */
  adoptIndexes(options?: CallOptions): Promise<AdoptedIndexesBody>;
  /** How many anchors have which values of metadata keys. */
  facets(request?: FacetsRequestBody, options?: CallOptions): Promise<FacetsAnswerBody>;
  search(request: SearchRequestBody, options?: CallOptions): Promise<SearchAnswerBody>;
  relative(request: RelativeRequestBody, options?: CallOptions): Promise<RelativeAnswerBody>;
  similarity(request: SimilarityRequestBody, options?: CallOptions): Promise<SimilarityAnswerBody>;
  classify(request: ClassifyRequestBody, options?: CallOptions): Promise<ClassifyAnswerBody>;
}

/** @param path of the collection, such as `/v1/collections/birds` */
export const createCoreCollectionClient = (transport: Transport, path: string): CoreCollectionClient => {
  const { json, post, send } = transport;
  const anchors = `${path}/anchors`;
  return {
    get: ({ minSequence, ...options } = {}) =>
      json("GET", path, { ...options, query: { minSequence: digits(minSequence) } }),
    update: (change, options) => json("PATCH", path, { ...options, body: JSON.stringify(change) }),
    delete: async (options) => {
      await send("DELETE", path, options);
    },
    putAnchors: (batch, options) =>
      json("PUT", anchors, { ...options, body: JSON.stringify({ anchors: batch }) }),
    putAnchorStream: (batch, options) => sendAnchorStream(transport, anchors, batch, options),
    getAnchor: async (id, { vectors, minSequence, ...options } = {}) =>
      json("GET", `${anchors}/${segment(id)}`, {
        ...options,
        query: { vectors: flag(vectors), minSequence: digits(minSequence) },
      }),
    changeAnchor: async (id, change, options) =>
      json("PATCH", `${anchors}/${segment(id)}`, { ...options, body: JSON.stringify(change) }),
    getImage: async (id, options) =>
      (await send("GET", `${anchors}/${segment(id)}/image`, { ...options, accept: "image/*" })).blob(),
    existingAnchors: async (ids, options) =>
      (await post<ExistingAnchorsBody>(`${anchors}/exists`, { ids }, options)).existing,
    compareAnchors: async (contents, options) =>
      (await post<ExistingAnchorsBody>(`${anchors}/exists`, { anchors: contents }, options)).states ?? [],
    idsOfSource: async function* (container, options) {
      let page: SourceIdsBody;
      let after: string | undefined;
      do {
        const request: AnchorsOfSourceBody = {
          container,
          limit: IDS_A_PAGE,
          ...(after === undefined ? {} : { after }),
        };
        page = await post<SourceIdsBody>(`${anchors}/of-source`, request, options);
        yield* page.ids;
        after = page.ids.at(-1);
      } while (page.ids.length === IDS_A_PAGE);
    },
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
    adoptIndexes: (options) => json("POST", `${path}/indexes`, options),
    facets: (request = {}, options) => post(`${path}/facets`, request, options),
    search: (request, options) => post(`${path}/search`, request, options),
    relative: (request, options) => post(`${path}/relative`, request, options),
    similarity: (request, options) => post(`${path}/similarity`, request, options),
    classify: (request, options) => post(`${path}/classify`, request, options),
  };
};
