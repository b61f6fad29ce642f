import type { AnchorSource } from "../api/anchors.ts";
import type { CollectionChange, ImageKeeping } from "../api/collections.ts";
import type { Database } from "./database.ts";
import type {
  AlignmentKind,
  AnchorId,
  AsifSetting,
  CollectionDefaults,
  CollectionName,
  EncoderId,
  Metadata,
  Modality,
  Sequence,
  Transform,
  TransformKind,
} from "../types.ts";

/** A stored encoder: an id with one specific set of weights. */
export interface EncoderRecord {
  /** Primary key. */
  readonly key: number;
  readonly id: EncoderId;
  readonly modality: Modality;
  readonly dimension: number;
  readonly sha256: string;
  /** Whether its vectors come from the caller and cannot be computed here. */
  readonly external: boolean;
  /** What the caller says of an external encoder. */
  readonly name?: string;
  readonly fingerprint?: string;
}

/** A change of a collection's defaults, with what is kept of images in full. */
export interface StoredChange extends Omit<CollectionChange, "images"> {
  readonly images?: ImageKeeping;
}

/** A collection to create. Absent defaults: negative similarities cut, method `asif`, its own rank, ensemble `max`. */
export interface NewCollection extends StoredChange {
  readonly name: CollectionName;
  readonly imageEncoder: EncoderRecord;
  readonly textEncoder: EncoderRecord;
  readonly asif: Pick<AsifSetting, "k" | "p"> & Partial<AsifSetting>;
  readonly transform: Transform;
}

/** A stored collection. */
export interface CollectionRecord extends Omit<NewCollection, keyof CollectionDefaults>, CollectionDefaults {
  readonly key: number;
  readonly sequence: Sequence;
  readonly anchorCount: number;
  readonly createdAt: Date;
}

/** The image of an anchor. */
export interface StoredImage {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A complete anchor to write. It replaces an existing anchor with the same id. */
export interface AnchorWrite {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly metadata: Metadata;
  /** For display and re-encoding by other encoders; null if there is none. */
  readonly image: StoredImage | null;
  /** The image itself, where it is kept. */
  readonly original?: StoredImage | null;
  /** SHA-256 of the image's file, not of the thumbnail. */
  readonly imageHash?: Uint8Array;
  readonly source?: AnchorSource;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** A stored anchor without its vectors. */
export interface AnchorRecord {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly metadata: Metadata;
  readonly hasImage: boolean;
  /** Sequence of the write that last changed it. */
  readonly sequence: Sequence;
}

/** A stored anchor with the vectors of the collection's encoders. */
export interface AnchorWithVectors extends AnchorRecord {
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** The recorded write at one sequence of a collection. */
export interface Change {
  readonly sequence: Sequence;
  /** `defaults` and `encoders` change no anchors: they record new query defaults, or a move to other encoders. */
  readonly kind: "upsert" | "delete" | "defaults" | "encoders";
  readonly ids: readonly AnchorId[];
}

/** A transform fitted on a collection's anchors; retrieval/ explains the arrays. */
export interface TransformRecord {
  readonly kind: TransformKind | AlignmentKind;
  readonly modality: Modality;
  /** 1 for the first fit of this kind and modality, incremented by each refit. */
  readonly version: number;
  /** The collection's sequence at the time of the fit. */
  readonly sequence: Sequence;
  /** Number of anchors that it was fitted on. */
  readonly anchorCount: number;
  /** `[d]` */
  readonly mean: Float32Array;
  /** `[rank, d]` row-major; null for `center`. */
  readonly projection: Float32Array | null;
  /** `[rank]`: the weight of each direction; absent if all weights are equal. */
  readonly weights?: Float32Array;
}

/** The result of a write. */
export interface WriteResult {
  readonly sequence: Sequence;
  readonly ids: readonly AnchorId[];
}

/** The result of a deletion; `ids` are the deleted anchors. */
export interface DeleteResult extends WriteResult {
  /** Null if no anchor was deleted. */
  readonly receipt: ReceiptEntry | null;
}

/**
 * A notification that a collection reached a sequence, by a write of any process. Null: a collection was created or
 * deleted, or notifications may have been missed.
 */
export type News = { readonly collection: number; readonly sequence: Sequence } | null;

/** A subscription to notifications. */
export interface Following {
  close(): Promise<void>;
}

/** A batch of the net effect of the writes after a sequence; all batches are of one snapshot. */
export interface SinceBatch {
  /** The sequence reached, in the last batch; null before. */
  readonly reached: Sequence | null;
  readonly upserts: readonly AnchorWithVectors[];
  readonly deletes: readonly AnchorId[];
  /** The collection's defaults in the same snapshot. */
  readonly defaults: CollectionDefaults;
}

/** How far the writes after a sequence could be read. */
export interface CaughtUp {
  /** Sequence of the newest write. */
  readonly sequence: Sequence;
  /** Whether a write in between is no longer recorded; then the whole collection must be read again. */
  readonly gap: boolean;
  /** Whether the collection has moved to other encoders than those of the given record; then nothing was read. */
  readonly moved: boolean;
}

/**
 * An entry of a collection's receipt chain. It proves a deletion, or that an installation (a DATA_DIR) erased everything
 * deleted up to a sequence. Entries never change, and each contains the hash of the previous one.
 */
export interface ReceiptEntry {
  /** What the hash covers: the second version adds `key`, `user`, `retainedBy` and `nodes`. */
  readonly version: 1 | 2;
  readonly id: string;
  readonly kind: "deletion" | "erasure";
  /** Position in the chain, starting at 1. */
  readonly position: number;
  /** Deletion: its sequence. Erasure: everything deleted up to this sequence is erased. */
  readonly sequence: Sequence;
  readonly at: Date;
  /** Number of anchors deleted, or of anchors newly erased. */
  readonly count: number;
  /** Salt of the hashes of a deletion; empty for an erasure. */
  readonly salt: Uint8Array;
  /** Deletion: 64 bytes per anchor, the hashes of its id and its content. Empty for an erasure. */
  readonly anchors: Uint8Array;
  /** Erasure: the id of the installation. Null for a deletion. */
  readonly installation: string | null;
  /** Erasure: the installation's generation after it. Null for a deletion. */
  readonly generation: number | null;
  /** The API key of the request, and the person that a trusted proxy named. */
  readonly key: string | null;
  readonly user: string | null;
  /** Deletion: what was made with anchors of the collection and is kept, such as a trained adapter. */
  readonly retainedBy: readonly string[];
  /** The database nodes that stored the anchors, where there are several. */
  readonly nodes: readonly string[];
  /** SHA-256 in hexadecimal, like `hash`. */
  readonly previousHash: string;
  readonly hash: string;
}

/** A receipt with the state of this installation. */
export interface Receipt extends ReceiptEntry {
  /** Deletion: when this installation erased it, and the first generation without it. Null if it has not. */
  readonly erased: {
    readonly generation: number;
    readonly at: Date;
    /** No transform or calibration that is used from this sequence on was fitted on the deleted anchors. */
    readonly fitsFrom: Sequence;
  } | null;
}

/** A link of the chain of deleted collections. */
export interface ServiceReceipt {
  readonly id: string;
  /** Position in the chain, starting at 1. */
  readonly position: number;
  readonly at: Date;
  readonly collection: CollectionName;
  /** Of the collection when it was deleted. */
  readonly sequence: Sequence;
  /** Number of its anchors. */
  readonly count: number;
  /** The hash of the collection's last receipt; null where it had none. */
  readonly lastHash: string | null;
  readonly key: string | null;
  readonly user: string | null;
  readonly previousHash: string;
  readonly hash: string;
}

/** The result of recording an erasure. */
export interface ErasureRecord {
  /** Number of this installation's erasures in this collection; 0 before the first. */
  readonly generation: number;
  /** Number of deleted anchors that the call recorded as erased. */
  readonly erased: number;
}

/**
 * The open store. The functions of this module (`findAnchors`, `saveJob`, ...) take it as their database. A write is
 * durable when its promise resolves.
 */
export interface Store extends Database {
  /** The kind of server, for the log and `GET /healthz`. */
  readonly server: "embedded" | "external";
  /** @throws AnchorageError `unavailable` if Postgres does not respond */
  ping(): Promise<void>;
  /** Calls `onNews` for every committed write on this database, until closed. */
  follow(onNews: (news: News) => void): Following;
  /** Closes the pool and stops the embedded server. */
  close(): Promise<void>;
}
