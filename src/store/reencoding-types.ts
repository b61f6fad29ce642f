import type { AnchorId, JsonValue, Sequence } from "../types.ts";
import type { CollectionRecord } from "./types.ts";

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
