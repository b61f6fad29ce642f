import type {
  AnchorContentBody,
  AnchorsOfSourceBody,
  ContentStateBody,
  ExistingAnchorsBody,
  SourceIdsBody,
} from "../api/anchor-comparison.ts";
import type {
  AnchorBody,
  AnchorChangeBody,
  AnchorPageBody,
  DeleteAnchorsBody,
  DeletedBody,
  StoredAnchorBody,
  WrittenBody,
  WrittenLinesBody,
} from "../api/anchors.ts";
import type { CollectionBody, CollectionChangeBody, CollectionSizeBody } from "../api/collections.ts";
import type { FacetsAnswerBody, FacetsRequestBody } from "../api/facets.ts";
import type { FilterBody } from "../api/filter.ts";
import type { AdoptedIndexesBody } from "../api/indexes.ts";
import type {
  ClassifyAnswerBody,
  ClassifyRequestBody,
  RelativeAnswerBody,
  RelativeRequestBody,
  SearchAnswerBody,
  SearchManyAnswerBody,
  SearchManyRequestBody,
  SearchRequestBody,
  SimilarityAnswerBody,
  SimilarityRequestBody,
} from "../api/queries.ts";
import type { CompactedBody, ReceiptBody, ReceiptPageBody } from "../api/receipts.ts";
import { sendAnchorStream } from "./anchor-stream.ts";
import { digits, flag, segment } from "./paths.ts";
import type { CallOptions, Transport } from "./transport.ts";

const IDS_A_PAGE = 1_000;

/** Options of reads that must include an earlier write, made by any client. */
export interface ReadOptions extends CallOptions {
  /** The sequence of that write. A service that is behind it waits up to 5 s, then answers 503. */
  readonly minSequence?: number;
}

export interface PutAnchorsOptions extends ReadOptions {
  /** Writes only if the collection is at this sequence; such a call is sent once. */
  readonly ifSequence?: number;
}

export interface ListOptions extends ReadOptions {
  readonly filter?: FilterBody;
  /** Includes the stored vectors. */
  readonly vectors?: boolean;
  /** Page size: 1 to 1,000 anchors; default 200. */
  readonly pageSize?: number;
}

/** The anchors of a collection, queries on them, and the receipts of deletions. */
export interface CoreCollectionClient {
  get(options?: ReadOptions): Promise<CollectionBody>;
  /** How many bytes of memory and disk it takes. */
  size(options?: CallOptions): Promise<CollectionSizeBody>;
  /** Changes the defaults of queries; absent fields keep their value. */
  update(change: CollectionChangeBody, options?: CallOptions): Promise<CollectionBody>;
  delete(options?: CallOptions): Promise<void>;
  /** Stores all anchors or none; 1 to 10,000 per call. */
  putAnchors(anchors: readonly AnchorBody[], options?: PutAnchorsOptions): Promise<WrittenBody>;
  /**
   * Sends any number of anchors as they come and yields each stored batch. Nothing is sent before the result is
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
   * @throws ConflictError if it was written after `ifSequence`
   */
  changeAnchor(id: string, change: AnchorChangeBody, options?: CallOptions): Promise<StoredAnchorBody>;
  /** The thumbnail, or the original where it is kept and asked for. */
  getImage(id: string, options?: CallOptions & { readonly size?: "thumbnail" | "original" }): Promise<Blob>;
  /** The stored ones among at most 10,000 ids, each once, in the given order. */
  existingAnchors(ids: readonly string[], options?: CallOptions): Promise<readonly string[]>;
  /** Compares at most 10,000 anchors with the stored ones of the same ids; returns the state of each, in order. */
  compareAnchors(
    anchors: readonly AnchorContentBody[],
    options?: CallOptions,
  ): Promise<readonly ContentStateBody[]>;
  /** The ids of the anchors with a given source (a folder, table or shard), in id order, fetched page by page. */
  idsOfSource(container: string, options?: CallOptions): AsyncGenerator<string, void>;
  /** All anchors in id order, fetched page by page. */
  listAnchors(options?: ListOptions): AsyncGenerator<StoredAnchorBody, void>;
  /** `neverAgain`: the same image, and nearly the same picture, is refused from then on. */
  deleteAnchor(id: string, options?: CallOptions & { readonly neverAgain?: boolean }): Promise<DeletedBody>;
  deleteAnchors(which: DeleteAnchorsBody, options?: CallOptions): Promise<DeletedBody>;
  getReceipt(id: string, options?: CallOptions): Promise<ReceiptBody>;
  /** All receipts of the chain from its beginning, fetched page by page. */
  listReceipts(options?: CallOptions & { readonly pageSize?: number }): AsyncGenerator<ReceiptBody, void>;
  /**
   * Removes deleted anchors from memory, snapshots and tables. The default `rewrite` locks the tables while it runs.
   */
  compact(options?: CallOptions & { readonly tables?: CompactedBody["tables"] }): Promise<CompactedBody>;
  /** Makes the service adopt the index that `build-index` wrote to its DATA_DIR. */
  adoptIndexes(options?: CallOptions): Promise<AdoptedIndexesBody>;
  /** Counts anchors by the values of metadata keys. */
  facets(request?: FacetsRequestBody, options?: CallOptions): Promise<FacetsAnswerBody>;
  search(request: SearchRequestBody, options?: CallOptions): Promise<SearchAnswerBody>;
  /** Searches for up to 1,000 queries of one modality at once, which share target, limit and filter. */
  searchMany(request: SearchManyRequestBody, options?: CallOptions): Promise<SearchManyAnswerBody>;
  relative(request: RelativeRequestBody, options?: CallOptions): Promise<RelativeAnswerBody>;
  similarity(request: SimilarityRequestBody, options?: CallOptions): Promise<SimilarityAnswerBody>;
  classify(request: ClassifyRequestBody, options?: CallOptions): Promise<ClassifyAnswerBody>;
}

/** @param path path of the collection, such as `/v1/collections/birds` */
export const createCoreCollectionClient = (transport: Transport, path: string): CoreCollectionClient => {
  const { json, post, query, send } = transport;
  const anchors = `${path}/anchors`;
  return {
    size: (options) => json("GET", `${path}/size`, options),
    get: ({ minSequence, ...options } = {}) =>
      json("GET", path, { ...options, query: { minSequence: digits(minSequence) } }),
    update: (change, options) => json("PATCH", path, { ...options, body: JSON.stringify(change) }),
    delete: async (options) => {
      await send("DELETE", path, options);
    },
    putAnchors: (batch, { ifSequence, minSequence, ...options } = {}) =>
      json("PUT", anchors, {
        ...options,
        body: JSON.stringify({ anchors: batch, ifSequence, minSequence }),
        // A second one would find the sequence that the first has made.
        repeatable: ifSequence === undefined,
      }),
    putAnchorStream: (batch, options) => sendAnchorStream(transport, anchors, batch, options),
    getAnchor: async (id, { vectors, minSequence, ...options } = {}) =>
      json("GET", `${anchors}/${segment(id)}`, {
        ...options,
        query: { vectors: flag(vectors), minSequence: digits(minSequence) },
      }),
    changeAnchor: async (id, change, options) =>
      json("PATCH", `${anchors}/${segment(id)}`, { ...options, body: JSON.stringify(change) }),
    getImage: async (id, { size, ...options } = {}) =>
      (
        await send("GET", `${anchors}/${segment(id)}/image`, {
          ...options,
          query: { size },
          accept: "image/*",
        })
      ).blob(),
    existingAnchors: async (ids, options) =>
      (await query<ExistingAnchorsBody>(`${anchors}/exists`, { ids }, options)).existing,
    compareAnchors: async (contents, options) =>
      (await query<ExistingAnchorsBody>(`${anchors}/exists`, { anchors: contents }, options)).states ?? [],
    idsOfSource: async function* (container, options) {
      let page: SourceIdsBody;
      let after: string | undefined;
      do {
        const request: AnchorsOfSourceBody = {
          container,
          limit: IDS_A_PAGE,
          ...(after === undefined ? {} : { after }),
        };
        page = await query<SourceIdsBody>(`${anchors}/of-source`, request, options);
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
    deleteAnchor: async (id, { neverAgain, ...options } = {}) =>
      json("DELETE", `${anchors}/${segment(id)}`, { ...options, query: { neverAgain: flag(neverAgain) } }),
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
    facets: (request = {}, options) => query(`${path}/facets`, request, options),
    search: (request, options) => query(`${path}/search`, request, options),
    searchMany: (request, options) => query(`${path}/search`, request, options),
    relative: (request, options) => query(`${path}/relative`, request, options),
    similarity: (request, options) => query(`${path}/similarity`, request, options),
    classify: (request, options) => query(`${path}/classify`, request, options),
  };
};
