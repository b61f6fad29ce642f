import {
  type AnchorWrite,
  type CollectionRecord,
  type Store,
  ensureEncoder,
  createCollection,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, EncoderId, EncoderInfo, Modality } from "../../src/types.ts";

export const externalInfo = (modality: Modality, dimension: number): EncoderInfo => ({
  id: `external-${dimension}` as EncoderId,
  modality,
  dimension,
  default: false,
  sha256: "",
  source: "",
  licence: "",
});

/** A collection of external vectors: images of 3 dimensions and texts of 2, where nothing else is said. */
export const newCollection = async (
  store: Store,
  name = "birds",
  dimensions: { readonly image: number; readonly text: number } = { image: 3, text: 2 },
): Promise<CollectionRecord> => {
  const imageEncoder = await ensureEncoder(store, externalInfo("image", dimensions.image), true);
  const textEncoder = await ensureEncoder(store, externalInfo("text", dimensions.text), true);
  return createCollection(store, {
    name: name as CollectionName,
    imageEncoder,
    textEncoder,
    asif: { k: 800, p: 6.5 },
    transform: "none",
  });
};

export const anchor = (id: string, more: Partial<AnchorWrite> = {}): AnchorWrite => ({
  id: id as AnchorId,
  caption: `caption of ${id}`,
  metadata: { owner: "ann" },
  image: null,
  imageVector: Float32Array.of(1, 2, 3),
  textVector: Float32Array.of(-1, 0.5),
  ...more,
});

export const idsOf = (...ids: string[]): AnchorId[] => ids as AnchorId[];
