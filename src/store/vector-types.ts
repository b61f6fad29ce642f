import type { AnchorId } from "../types.ts";
import type { CollectionRecord } from "./types.ts";

/** The encoders of a collection: those that it has, or is to have. */
export type EncoderPair = Pick<CollectionRecord, "imageEncoder" | "textEncoder">;

/** What the vector of an anchor is made from. */
export interface VectorSource {
  /** The key of the anchor's row; a later write of the same anchor has another key. */
  readonly key: number;
  readonly id: AnchorId;
  readonly caption: string | null;
  /** Null where no image is stored, and for text encoders. */
  readonly image: Uint8Array | null;
}

export interface MadeVector {
  readonly key: number;
  readonly vector: Float32Array;
}
