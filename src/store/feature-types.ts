import type { AnchorId } from "../types.ts";
import type { CollectionRecord, EncoderRecord } from "./types.ts";

/** An anchor in its present state. */
export interface AnchorKey {
  /** Another when it is written again. */
  readonly key: number;
  readonly id: AnchorId;
  readonly hasImage: boolean;
}

/** What adapters ask of Postgres about anchors. */
export interface FeatureStore {
  /** Those of `ids` that exist, or all that have an image; in id order. */
  anchorKeys(
    collection: CollectionRecord,
    which: readonly AnchorId[] | "with images",
  ): Promise<readonly AnchorKey[]>;
  /** The vectors by each of `encoders`, in their order, of the anchors that have one, by their keys; in one question. */
  findVectorsByAll(
    encoders: readonly EncoderRecord[],
    keys: readonly number[],
  ): Promise<readonly ReadonlyMap<number, Float32Array>[]>;
}
