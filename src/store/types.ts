import type { CollectionChange } from "../api/collections.ts";
import type { Database } from "./database.ts";
import type {
  AlignmentKind,
  AnchorId,
  AsifParameters,
  CollectionDefaults,
  CollectionName,
  EncoderId,
  JsonValue,
  Metadata,
  Modality,
  Sequence,
  TransformKind,
} from "../types.ts";

/** An encoder as the store knows it: one id with one hash of its weights. */
export interface EncoderRecord {
  /** Stands for the pair of id and sha256 in the tables. */
  readonly key: number;
  readonly id: EncoderId;
  readonly modality: Modality;
  readonly dimension: number;
  readonly sha256: string;
  /** True where vectors come from outside and nothing can be computed here. */
  readonly external: boolean;
}

/** Of what queries are answered by, the rest is as Postgres has it: `asif`, its own rank, `max`. */
export interface NewCollection extends CollectionChange {
  readonly name: CollectionName;
  readonly imageEncoder: EncoderRecord;
  readonly textEncoder: EncoderRecord;
  readonly asif: AsifParameters;
  readonly transform: TransformKind;
}

export interface CollectionRecord extends Omit<NewCollection, keyof CollectionDefaults>, CollectionDefaults {
  readonly key: number;
  readonly sequence: Sequence;
  readonly anchorCount: number;
  readonly createdAt: Date;
}

export interface StoredImage {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A whole anchor as it is written: putting one replaces what stood under its id. */
export interface AnchorWrite {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly metadata: Metadata;
  /** Kept to be shown, never to be encoded again. */
  readonly image: StoredImage | null;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

export interface AnchorRecord {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly metadata: Metadata;
  readonly hasImage: boolean;
  /** Of the write that last changed it. */
  readonly sequence: Sequence;
}

export interface AnchorWithVectors extends AnchorRecord {
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** What became of a collection's anchors at one sequence. */
export interface Change {
  readonly sequence: Sequence;
  /** `defaults`: none of them; what queries are answered by changed. `encoders`: nor any; it moved to other encoders. */
  readonly kind: "upsert" | "delete" | "defaults" | "encoders";
  readonly ids: readonly AnchorId[];
}

/** A transform that was fitted on a collection's anchors; see retrieval/ for what the arrays mean. */
export interface TransformRecord {
  readonly kind: TransformKind | AlignmentKind;
  readonly modality: Modality;
  /** 1 for the first fit of this kind and modality, one more with each refit. */
  readonly version: number;
  /** The collection's sequence that it was fitted at. */
  readonly sequence: Sequence;
  /** How many anchors it was fitted on. */
  readonly anchorCount: number;
  /** `[d]` */
  readonly mean: Float32Array;
  /** `[rank, d]` row-major; null for `center`. */
  readonly projection: Float32Array | null;
  /** `[rank]`: how much each direction counts; absent where all count the same. */
  readonly weights?: Float32Array;
}

export interface WriteResult {
  readonly sequence: Sequence;
  readonly ids: readonly AnchorId[];
}

export interface DeleteResult extends WriteResult {
  /** Null where there was nothing to delete. */
  readonly receipt: ReceiptEntry | null;
}

/**
 * That a collection has reached a sequence, whichever process wrote it; null: a collection came or went, or anything
 * may have happened.
 */
export type News = { readonly collection: number; readonly sequence: Sequence } | null;

export interface Following {
  close(): Promise<void>;
}

/** A part of what the writes after a sequence left, all of it read at one moment. */
export interface SinceBatch {
  /** Null but for the last. */
  readonly reached: Sequence | null;
  readonly upserts: readonly AnchorWithVectors[];
  readonly deletes: readonly AnchorId[];
  /** The collection's, of the same moment. */
  readonly defaults: CollectionDefaults;
}

export interface CaughtUp {
  /** Of the newest write. */
  readonly sequence: Sequence;
  /** Whether a write between is no longer on record: then only reading everything anew is right. */
  readonly gap: boolean;
  /** Whether the collection has other encoders than the record that was given; then nothing was read. */
  readonly moved: boolean;
}

/**
 * One entry of a collection's chain of receipts: of a deletion, or that an installation (a DATA_DIR) erased what was
 * deleted up to a sequence. Nothing in it ever changes; each names the hash of the one before.
 */
export interface ReceiptEntry {
  readonly id: string;
  readonly kind: "deletion" | "erasure";
  /** 1 for the collection's first. */
  readonly position: number;
  /** Of the deletion; or that up to which everything deleted is erased. */
  readonly sequence: Sequence;
  readonly at: Date;
  /** Anchors deleted; or anchors erased that were not before. */
  readonly count: number;
  /** Of a deletion; else empty. */
  readonly salt: Uint8Array;
  /** Of a deletion: for each anchor the hashes of its id and its content, 64 bytes. */
  readonly anchors: Uint8Array;
  /** Of an erasure; else null. */
  readonly installation: string | null;
  readonly generation: number | null;
  /** In hexadecimal. */
  readonly previousHash: string;
  readonly hash: string;
}

export interface Receipt extends ReceiptEntry {
  /** Of a deletion: when this installation erased it, and the first generation without it; null before. */
  readonly erased: { readonly generation: number; readonly at: Date } | null;
}

export interface Erasure {
  /** Counts this installation's erasures in this collection; 0 before the first. */
  readonly generation: number;
  /** Deleted anchors that the call put on record as erased. */
  readonly erased: number;
}

/** What was measured of how sure answers by some settings may be; see calibration/ for the content. */
export interface CalibrationRecord {
  /** The settings, as a text that is the same for the same settings. */
  readonly subject: string;
  /** Of the anchors that it was measured on. */
  readonly sequence: Sequence;
  readonly at: Date;
  readonly content: JsonValue;
}

/**
 * Postgres: the tables' functions (`findAnchors`, `saveJob`, ...) take it as their database. Every write is durable when
 * its promise resolves.
 */
export interface Store extends Database {
  /** Which server this is, for the log and `GET /healthz`: `embedded` or `external`. */
  readonly server: "embedded" | "external";
  ping(): Promise<void>;
  /** Calls `onNews` for every write that commits on this database, until closed. */
  follow(onNews: (news: News) => void): Following;
  /** Ends the pool and, where it is ours, stops the server. */
  close(): Promise<void>;
}
