import type { AnchorId, CollectionName, JsonValue, Modality, Sequence } from "../types.ts";
import type { CollectionRecord, EncoderRecord } from "./types.ts";

/** The encoders of a collection, as they are or shall be. */
export type EncoderPair = Pick<CollectionRecord, "imageEncoder" | "textEncoder">;

/** A collection's move to other encoders. */
export interface Reencoding {
  readonly from: EncoderPair;
  readonly to: EncoderPair;
  /** Whether it takes effect; `if-better`: where the evaluation says so; `never`: it only compares. */
  readonly apply: "always" | "if-better" | "never";
  readonly evaluate: boolean;
  /** `cancelled` and `failed` too may still have vectors to remove, until it has ended. */
  readonly state: "running" | "switched" | "done" | "cancelled" | "failed";
  readonly appliedAt: Sequence | null;
  /** See collections/ for the content. */
  readonly evaluation: JsonValue | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** What an anchor's vector is made of. */
export interface VectorSource {
  /** Of this state of the anchor: it is another when it is written again. */
  readonly key: number;
  readonly id: AnchorId;
  readonly caption: string | null;
  /** Null where none is stored, and of texts. */
  readonly image: Uint8Array | null;
}

export interface MadeVector {
  readonly key: number;
  readonly vector: Float32Array;
}

/** What a collection's move to other encoders asks of Postgres. */
export interface ReencodingStore {
  /** How many anchors lack what a vector of `modality` is made of, and the first `limit` of their ids. */
  withoutSource(
    collection: CollectionRecord,
    modality: Modality,
    limit: number,
  ): Promise<{ readonly count: number; readonly ids: readonly AnchorId[] }>;
  /** How many anchors have no vector of `encoder`. */
  countWithoutVector(collection: CollectionRecord, encoder: EncoderRecord): Promise<number>;
  /** Anchors that have no vector of `encoder`, those after key `after`, in the order of their keys. */
  withoutVector(
    collection: CollectionRecord,
    encoder: EncoderRecord,
    page: { readonly after: number; readonly limit: number },
  ): Promise<VectorSource[]>;
  /** Keeps vectors beside those of the collection's own encoders; of anchors that are gone since, none. */
  addVectors(
    collection: CollectionRecord,
    encoder: EncoderRecord,
    vectors: readonly MadeVector[],
  ): Promise<void>;
  /** Removes a collection's vectors of `encoder`, unless it is the collection's own now. */
  removeVectors(collection: CollectionRecord, encoder: EncoderRecord): Promise<void>;
  /** In place of the collection's last one. */
  saveReencoding(collection: CollectionRecord, reencoding: Reencoding): Promise<void>;
  findReencoding(collection: CollectionRecord): Promise<Reencoding | null>;
  /** The collections whose last move has not ended. */
  listReencoded(): Promise<CollectionName[]>;
  /**
   * Moves a collection to the encoders of `reencoding.to`, at a new sequence, in one transaction with the vectors that
   * are still missing; what was fitted and measured under the old ones goes.
   *
   * @param encode makes vectors while writes to the collection wait
   * @param atMost how many missing vectors may be waited for
   * @returns null where more are missing: nothing is changed
   * @throws AnchorageError `conflict` where the collection has other encoders than `collection` says
   */
  switchEncoders(
    collection: CollectionRecord,
    reencoding: Reencoding,
    encode: (encoder: EncoderRecord, sources: readonly VectorSource[]) => Promise<MadeVector[]>,
    atMost: number,
  ): Promise<Sequence | null>;
}
