import type { StoredAnchor } from "../../api/anchors.ts";
import type { CollectionInfo } from "../../api/collections.ts";
import { AnchorageError } from "../../errors.ts";
import { unitRows } from "../../retrieval/index.ts";
import type { AnchorId, CollectionName, Modality } from "../../types.ts";
import type { Vectors } from "../../retrieval/index-files/types.ts";

const ATTEMPTS = 3;
const MODALITIES = ["image", "text"] as const;

/** Where a collection is read from. */
export interface VectorSource {
  get(name: CollectionName): Promise<CollectionInfo>;
  encoderHashes(collection: CollectionInfo): Promise<Readonly<Record<Modality, string>>>;
  anchorsWithVectors(name: CollectionName): AsyncGenerator<StoredAnchor, void>;
}

/**
 * Reads all vectors of a collection as of one sequence; again where it changed meanwhile.
 *
 * @throws AnchorageError `not-found`, `unprocessable` where the collection is empty, `conflict` where it changes each
 * time it is read, `cancelled` where `signal` aborts.
 */
export const collectVectors = async (
  source: VectorSource,
  name: CollectionName,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Vectors> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const info = await source.get(name);
    if (info.anchorCount === 0) {
      throw new AnchorageError("unprocessable", `collection "${name}" has no anchors`);
    }
    const read = await readOnce(source, info, signal, onProgress);
    const { sequence } = await source.get(name);
    if (read === null || sequence !== info.sequence) continue;
    const hashes = await source.encoderHashes(info);
    const encoderOf = (modality: Modality) => ({ id: idOf(info, modality), sha256: hashes[modality] });
    return {
      collection: name,
      sequence,
      ...read,
      dimensions: { image: info.indexes.image.dimension, text: info.indexes.text.dimension },
      encoders: { image: encoderOf("image"), text: encoderOf("text") },
    };
  }
  throw new AnchorageError("conflict", `collection "${name}" was changed each time it was read; try again`);
};

const idOf = ({ imageEncoder, textEncoder }: CollectionInfo, modality: Modality): string => {
  const choice = modality === "image" ? imageEncoder : textEncoder;
  return typeof choice === "string" ? choice : `external-${choice.external.dimension}`;
};

/** Null where there were more or fewer anchors than the collection said. */
const readOnce = async (
  source: VectorSource,
  { name, anchorCount, indexes }: CollectionInfo,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<Vectors, "ids" | "rows"> | null> => {
  const rows = {
    image: new Float32Array(anchorCount * indexes.image.dimension),
    text: new Float32Array(anchorCount * indexes.text.dimension),
  };
  const ids: AnchorId[] = [];
  for await (const anchor of source.anchorsWithVectors(name)) {
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    if (ids.length === anchorCount) return null;
    for (const modality of MODALITIES) {
      const vector = modality === "image" ? anchor.imageVector : anchor.textVector;
      rows[modality].set(vector ?? [], ids.length * indexes[modality].dimension);
    }
    ids.push(anchor.id);
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
