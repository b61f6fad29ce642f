import { collection as collectionSchema, type CollectionInfo } from "../../api/collections.ts";
import { anchorId } from "../../api/values.ts";
import type { CoreCollectionClient } from "../../client/index.ts";
import { AnchorageError } from "../../errors.ts";
import { unitRows } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";
import type { Vectors } from "../../retrieval/index-files/types.ts";

const ATTEMPTS = 3;
const ANCHORS_A_PAGE = 1_000;
const MODALITIES = ["image", "text"] as const;

/** The collection that is read. */
export type VectorSource = Pick<CoreCollectionClient, "get" | "listAnchors">;

/**
 * Reads all vectors of a collection as of one sequence; again where it changed meanwhile.
 *
 * @throws AnchorageError `not-found`, `unprocessable` where the collection is empty, `conflict` where it changes each
 * time it is read, `cancelled` where `signal` aborts.
 */
export const collectVectors = async (
  source: VectorSource,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Vectors> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const info = collectionSchema.parse(await source.get());
    const { name, encoders, indexes } = info;
    if (info.anchorCount === 0) {
      throw new AnchorageError("unprocessable", `collection "${name}" has no anchors`);
    }
    const read = await readOnce(source, info, signal, onProgress);
    const { sequence } = await source.get();
    if (read === null || sequence !== info.sequence) continue;
    return {
      collection: name,
      sequence: info.sequence,
      ...read,
      dimensions: { image: indexes.image.dimension, text: indexes.text.dimension },
      encoders: { image: encoderOf(encoders.image), text: encoderOf(encoders.text) },
    };
  }
  throw new AnchorageError("conflict", "the collection was changed each time it was read; try again");
};

const encoderOf = ({ id, sha256 }: CollectionInfo["encoders"]["image"]) => ({ id, sha256 });

/** Null where there were more or fewer anchors than the collection said. */
const readOnce = async (
  source: VectorSource,
  { anchorCount, indexes }: CollectionInfo,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<Vectors, "ids" | "rows"> | null> => {
  const rows = {
    image: new Float32Array(anchorCount * indexes.image.dimension),
    text: new Float32Array(anchorCount * indexes.text.dimension),
  };
  const ids: AnchorId[] = [];
  for await (const anchor of source.listAnchors({ vectors: true, pageSize: ANCHORS_A_PAGE })) {
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    if (ids.length === anchorCount) return null;
    for (const modality of MODALITIES) {
      const vector = modality === "image" ? anchor.imageVector : anchor.textVector;
      rows[modality].set(vector ?? [], ids.length * indexes[modality].dimension);
    }
    ids.push(anchorId.parse(anchor.id));
    onProgress(ids.length, anchorCount);
  }
  if (ids.length < anchorCount) return null;
  return {
    ids,
    rows: {
      image: unitRows(rows.image, indexes.image.dimension),
      text: unitRows(rows.text, indexes.text.dimension),
    },
  };
};
