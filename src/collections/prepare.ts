import pLimit from "p-limit";
import type { Anchor } from "../api/anchors.ts";
import {
  atPath,
  faultyFields,
  invalidField,
  isAnchorageError,
  pathText,
  type FieldFault,
  type FieldPath,
} from "../errors.ts";
import {
  type AnchorWrite,
  type CollectionRecord,
  type EncoderRecord,
  hashOfImage,
  type StoredImage,
} from "../store/index.ts";
import type { AnchorId, Modality } from "../types.ts";
import { checkText, readVector, type Encodable, type Encoding } from "./encoding.ts";

/** The path of the anchors in a request that writes them. */
const ROOT: FieldPath = ["anchors"];
const THUMBNAILS_AT_ONCE = 2;

/**
 * Checks every anchor, encodes what has no vector, and makes the thumbnails. Nothing is written here.
 *
 * @throws AnchorageError `invalid-input` with the faults of all anchors; paths are `anchors`, the index, the field
 * @example
 * ```ts
 * const writes = await prepareAnchors(opened.record, anchors, encoding);
 * await opened.upsert(writes);
 * ```
 */
export const prepareAnchors = async (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
): Promise<AnchorWrite[]> => {
  const sources = readAnchors(collection, anchors, ROOT);
  const [thumbnails, vectors] = await Promise.all([
    makeThumbnails(anchors, encoding),
    encodeSources(collection, sources, encoding),
  ]);
  return anchors.map((anchor, i) => ({
    id: anchor.id,
    caption: anchor.text ?? null,
    metadata: anchor.metadata ?? {},
    image: thumbnails[i] ?? null,
    ...(anchor.image === undefined ? {} : { imageHash: hashOfImage(anchor.image) }),
    ...(anchor.source === undefined ? {} : { source: anchor.source }),
    imageVector: at(vectors.image, i),
    textVector: at(vectors.text, i),
  }));
};

/** The vectors of some anchors in both modalities, in their order. */
export interface AnchorVectors {
  readonly image: readonly Float32Array[];
  readonly text: readonly Float32Array[];
}

/**
 * Checks every anchor and encodes what has no vector, for anchors that are not written.
 *
 * @param root the path of the anchors in the request
 * @throws AnchorageError `invalid-input` with the faults of all anchors
 */
export const prepareVectors = (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
  root: FieldPath,
): Promise<AnchorVectors> => encodeSources(collection, readAnchors(collection, anchors, root), encoding);

/** A vector that was given, or what one is computed from. */
type Source<T> = Float32Array | Encodable<T>;

interface Sources {
  readonly image: readonly Source<Uint8Array>[];
  readonly text: readonly Source<string>[];
}

/** Checks every anchor, and reads each vector that was given, in one pass. */
const readAnchors = (
  { imageEncoder, textEncoder }: CollectionRecord,
  anchors: readonly Anchor[],
  root: FieldPath,
): Sources => {
  const faults: FieldFault[] = [];
  const image: Source<Uint8Array>[] = [];
  const text: Source<string>[] = [];
  const seen = new Map<AnchorId, number>();
  anchors.forEach((anchor, i) => {
    const path = [...root, i];
    const first = seen.get(anchor.id);
    if (first === undefined) seen.set(anchor.id, i);
    else
      faults.push({
        path: [...path, "id"],
        message: `"${anchor.id}" is also the id of ${pathText([...root, first])} in this batch`,
      });
    collectFaults(faults, () => {
      if (anchor.text !== undefined) checkText(anchor.text, [...path, "text"]);
    });
    collectFaults(faults, () =>
      image.push(readSource(imageEncoder, "image", path, anchor.image, anchor.imageVector)),
    );
    collectFaults(faults, () =>
      text.push(readSource(textEncoder, "text", path, anchor.text, anchor.textVector)),
    );
  });
  if (faults.length > 0) throw faultyFields(faults);
  return { image, text };
};

const readSource = <T>(
  encoder: EncoderRecord,
  modality: Modality,
  path: FieldPath,
  value: T | undefined,
  vector: readonly number[] | undefined,
): Source<T> => {
  if (vector !== undefined) return readVector(vector, encoder.dimension, [...path, `${modality}Vector`]);
  if (encoder.external) {
    throw invalidField(
      [...path, `${modality}Vector`],
      `is required, for this collection's ${modality} encoder is external (dimension ${encoder.dimension})`,
    );
  }
  if (value !== undefined) return { value, path: [...path, modality] };
  throw invalidField([...path, modality], `is required where no ${modality}Vector is given`);
};

const collectFaults = (faults: FieldFault[], check: () => void): void => {
  try {
    check();
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    faults.push(...error.faults);
  }
};

const encodeSources = async (
  { imageEncoder, textEncoder }: CollectionRecord,
  sources: Sources,
  encoding: Encoding,
): Promise<AnchorVectors> => {
  const [image, text] = await Promise.all([
    vectorsOf(imageEncoder, sources.image, encoding.images),
    vectorsOf(textEncoder, sources.text, encoding.texts),
  ]);
  return { image, text };
};

const vectorsOf = async <T>(
  encoder: EncoderRecord,
  sources: readonly Source<T>[],
  encode: (encoder: EncoderRecord, items: readonly Encodable<T>[]) => Promise<Float32Array>,
): Promise<Float32Array[]> => {
  const toEncode = sources.flatMap((source) => (source instanceof Float32Array ? [] : [source]));
  const encoded = await encode(encoder, toEncode);
  const { dimension } = encoder;
  let row = 0;
  return sources.map((source) =>
    source instanceof Float32Array ? source : encoded.slice(row * dimension, ++row * dimension),
  );
};

const makeThumbnails = (anchors: readonly Anchor[], encoding: Encoding): Promise<(StoredImage | null)[]> => {
  const limit = pLimit(THUMBNAILS_AT_ONCE);
  return Promise.all(
    anchors.map(({ image }, i) =>
      image === undefined
        ? Promise.resolve(null)
        : limit(async () => {
            try {
              return await encoding.thumbnail(image);
            } catch (error) {
              throw isAnchorageError(error) ? atPath([...ROOT, i, "image"], error) : error;
            }
          }),
    ),
  );
};

const at = <T>(items: readonly T[], i: number): T => {
  const item = items[i];
  if (item === undefined) throw new RangeError(`no item ${i} of ${items.length}`);
  return item;
};
