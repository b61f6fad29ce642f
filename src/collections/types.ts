import type {
  ClassifyAnswer,
  ClassifyRequest,
  RelativeAnswer,
  RelativeRequest,
  SearchAnswer,
  SearchManyAnswer,
  SearchManyRequest,
  SearchRequest,
  SimilarityAnswer,
  SimilarityRequest,
} from "../api/queries.ts";
import type { AnchorContent, AnchorsOfSource, ContentState } from "../api/anchor-comparison.ts";
import type {
  Anchor,
  AnchorChange,
  AnchorPage,
  AnchorQuery,
  DeleteAnchors,
  Deleted,
  ListQuery,
  StoredAnchor,
  Written,
} from "../api/anchors.ts";
import type { AtLeast, CollectionChange, CollectionInfo, CollectionSpec } from "../api/collections.ts";
import type {
  Compacted,
  ReceiptDetail,
  ReceiptPage,
  ReceiptQuery,
  TableCompaction,
} from "../api/receipts.ts";
import type { FacetsAnswer, FacetsRequest } from "../api/facets.ts";
import type { AdoptedIndexes } from "../api/indexes.ts";
import type { AnchorId, CollectionName } from "../types.ts";
import type { StoredImage } from "../store/index.ts";
import type { Encoding } from "./encoding.ts";
import type { CollectionHooks } from "./hooks.ts";
import type { OpenCollection, WriteOptions } from "./memory.ts";
import type { Moving } from "./moving.ts";
import type { Opened as MemoriesOfCollections } from "./opened.ts";
import type { Queried } from "./question.ts";

/** Collections and their anchors: the write path and every query, as the service and the scripts use them. */
export interface Collections {
  /** @throws AnchorageError `conflict` where the name is taken, `invalid-input` for an unknown encoder. */
  readonly create: (spec: CollectionSpec) => Promise<CollectionInfo>;
  readonly list: () => Promise<CollectionInfo[]>;
  /** @throws AnchorageError `not-found`, as every method below does for a collection that is not there. */
  readonly get: (name: CollectionName, at?: AtLeast) => Promise<CollectionInfo>;
  /**
   * Changes what queries are answered by, at a new sequence, for every process on the same Postgres. Another transform is
   * fitted first, while the present one serves.
   *
   * @throws AnchorageError `unprocessable` for a power or a rank out of bounds; the signal's reason where it aborts first
   */
  readonly update: (
    name: CollectionName,
    changed: CollectionChange,
    signal?: AbortSignal,
  ) => Promise<CollectionInfo>;
  /** Throws what `update` would refuse. */
  readonly checkChange: (name: CollectionName, changed: CollectionChange) => Promise<void>;
  /** @returns the id of the receipt in the chain of deleted collections */
  readonly remove: (name: CollectionName) => Promise<string>;

  /**
   * Encodes what has no vector and writes all anchors at one sequence, or none of them.
   *
   * @throws AnchorageError `invalid-input` whose fault paths start with `anchors.<index>`.
   */
  readonly putAnchors: (
    name: CollectionName,
    anchors: readonly Anchor[],
    conditions?: WriteOptions & AtLeast,
  ) => Promise<Written>;
  /**
   * Changes an anchor's caption or metadata.
   *
   * @throws AnchorageError `conflict` where it was written after `ifSequence`
   */
  readonly changeAnchor: (
    name: CollectionName,
    id: AnchorId,
    change: AnchorChange,
    signal?: AbortSignal,
  ) => Promise<StoredAnchor>;
  readonly getAnchor: (name: CollectionName, id: AnchorId, options?: AnchorQuery) => Promise<StoredAnchor>;
  /** In id order. */
  readonly listAnchors: (name: CollectionName, page: ListQuery) => Promise<AnchorPage>;
  /** @throws AnchorageError `not-found` where the anchor is not there or has no image. */
  readonly getImage: (
    name: CollectionName,
    id: AnchorId,
    size?: "thumbnail" | "original",
  ) => Promise<StoredImage>;
  readonly existingIds: (name: CollectionName, ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;
  /** Compares anchors with those stored under their ids; the state of each, in order. */
  readonly compareAnchors: (
    name: CollectionName,
    contents: readonly AnchorContent[],
  ) => Promise<readonly ContentState[]>;
  /** The ids of the anchors that come from a folder, table or shard, in id order, at most `limit` (1,000). */
  readonly idsOfSource: (name: CollectionName, source: AnchorsOfSource) => Promise<readonly AnchorId[]>;
  /**
   * Deletes anchors by ids or by a filter. What a filter matches is decided in the deleting transaction.
   *
   * @param signal a deletion whose signal has aborted when its turn comes is dropped
   */
  readonly deleteAnchors: (
    name: CollectionName,
    which: DeleteAnchors,
    signal?: AbortSignal,
  ) => Promise<Deleted>;

  readonly getReceipt: (name: CollectionName, id: string) => Promise<ReceiptDetail>;
  /** In the order of the chain. */
  readonly listReceipts: (name: CollectionName, page: ReceiptQuery) => Promise<ReceiptPage>;
  /**
   * Takes what was deleted out of memory and files while queries go on, and has Postgres clear its rows.
   *
   * @param tables `rewrite`, the default, takes the bytes out of Postgres's files too, for which it locks the tables, and
   * puts on record that what was deleted is erased; `vacuum` locks nothing, leaves bytes, and receipts as they are
   * @throws AnchorageError `unavailable` where a transaction on the same Postgres may still read what was deleted
   */
  readonly compact: (name: CollectionName, tables?: TableCompaction) => Promise<Compacted>;
  /**
   * Takes over the index that `build-index` made of a collection, as a start does. From then on the planner compares it
   * with the exact index at any size.
   *
   * @throws AnchorageError `not-found` where none was built, `conflict` where it does not suit the collection,
   * `unprocessable` where a file is damaged
   */
  readonly adoptIndexes: (name: CollectionName) => Promise<AdoptedIndexes>;

  /** How many anchors have which values of metadata keys. */
  readonly facets: (name: CollectionName, request: FacetsRequest) => Promise<FacetsAnswer>;
  readonly search: (name: CollectionName, request: SearchRequest) => Promise<SearchAnswer>;
  readonly searchMany: (name: CollectionName, request: SearchManyRequest) => Promise<SearchManyAnswer>;
  readonly relative: (name: CollectionName, request: RelativeRequest) => Promise<RelativeAnswer>;
  readonly similarity: (name: CollectionName, request: SimilarityRequest) => Promise<SimilarityAnswer>;
  /** The request may also hold fields of features. */
  readonly classify: (name: CollectionName, request: ClassifyRequest) => Promise<ClassifyAnswer>;

  /** What features have collections do beside their own work. */
  readonly hooks: CollectionHooks;
  /** Inputs as vectors, for queries of features. */
  readonly encoding: Encoding;
  /** What a query is put to: the collection as of `minSequence` at least. @throws AnchorageError `not-found` */
  readonly queried: (name: CollectionName, at?: AtLeast) => Promise<Queried>;
  /** The collection in memory. @throws AnchorageError `not-found` */
  readonly find: (name: CollectionName, at?: AtLeast) => Promise<OpenCollection>;
  /** Writes to a collection; once more where it moved to other encoders meanwhile. */
  readonly writeTo: MemoriesOfCollections["writeTo"];
  /** How a collection moves to other encoders. */
  readonly moving: Moving;

  /** Which collections are not loaded yet; empty when every index has caught up. */
  readonly loading: () => readonly CollectionName[];
  /**
   * The collections whose memory lacks writes that Postgres had at the time of the call: those that are still loading or could not
   * be loaded, and those that do not catch up within a second.
   */
  readonly behind: () => Promise<CollectionName[]>;
  readonly close: () => Promise<void>;
}
