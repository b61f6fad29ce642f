import type { AnchorId } from "../types.ts";
import type { CollectionRecord } from "./types.ts";

/** A collection's image and text encoder, current or future. */
export type EncoderPair = Pick<CollectionRecord, "imageEncoder" | "textEncoder">;

/** The inputs from which an anchor's vector can be computed. */
export interface VectorSource {
  /** Key of the anchor's row; it changes whenever the anchor is written. */
  readonly key: number;
  readonly id: AnchorId;
  readonly caption: string | null;
  /** Null if no image is stored, and for text encoders. */
  readonly image: Uint8Array | null;
}

/** A computed vector and the key of its anchor. */
export interface MadeVector {
  readonly key: number;
  readonly vector: Float32Array;
}
