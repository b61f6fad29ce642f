import pLimit from "p-limit";
import type { Anchor, Deleted, Written } from "../api/anchors.ts";
import type { ImageKeeping } from "../api/collections.ts";
import type { GivenVector } from "../api/values.ts";
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
  type Store,
} from "../store/index.ts";
import { createTurns } from "../math/slices.ts";
import type { AnchorId, Modality } from "../types.ts";
import { changeAnchor } from "./change-anchor.ts";
import {
  checkText,
  countUnknown,
  readVector,
  type Encodable,
  type Encoding,
  type KeptImage,
} from "./encoding.ts";
import { matching } from "./listing.ts";
import type { Opened } from "./opened.ts";
import type { Collections } from "./types.ts";

/** The path of the anchors in a request that writes them. */
const ROOT: FieldPath = ["anchors"];
const IMAGES_AT_ONCE = 2;

type Writes = Pick<Collections, "putAnchors" | "changeAnchor" | "deleteAnchors">;

/** The writes to anchors; each is checked and encoded before the collection takes its turn. */
export const createWrites = (
  store: Store,
  encoding: Encoding,
  { findAt, writeTo }: Pick<Opened, "findAt" | "writeTo">,
): Writes => ({
  putAnchors: async (name, anchors, conditions = {}): Promise<Written> => {
    if (anchors.length === 0) throw invalidField(["anchors"], "must hold at least one anchor");
    await findAt(name, conditions);
    let unknownCaptions = 0;
    const { sequence, ids } = await writeTo(name, async (collection) => {
      const writes = await prepareAnchors(collection.record, anchors, encoding, collection.defaults().images);
      if (anchors.some(({ textVector }) => textVector === undefined))
        unknownCaptions = await countUnknown(collection.record, anchors, encoding);
      conditions.signal?.throwIfAborted();
      return collection.upsert(writes, conditions);
    });
    return { sequence, upserted: ids.length, ...(unknownCaptions === 0 ? {} : { unknownCaptions }) };
  },

  changeAnchor: (name, id, change, signal) =>
    writeTo(name, (collection) => changeAnchor(store, encoding, collection, id, change, signal)),

  deleteAnchors: async (name, which, signal): Promise<Deleted> => {
    await findAt(name, which);
    if ("filter" in which && Object.keys(which.filter).length === 0) {
      throw invalidField(["filter"], "must name a condition; delete the collection to delete every anchor");
    }
    const { sequence, ids, receipt } = await writeTo(name, (collection) =>
      collection.delete(async () => ("ids" in which ? which.ids : matching(collection, which.filter)), {
        ...which,
        signal,
      }),
    );
    return {
      sequence,
      deleted: ids.length,
      receipt: {
        id: receipt?.id ?? null,
        state: "hidden",
        sequence,
        deletedAt: receipt?.at ?? new Date(),
        count: ids.length,
        hash: receipt?.hash ?? null,
      },
    };
  },
});

/**
 * Checks every anchor, encodes what has no vector, and makes what is kept of images. Nothing is written here.
 *
 * @param images what the collection keeps of images
 * @throws AnchorageError `invalid-input` with the faults of all anchors; paths are `anchors`, the index, the field
 */
const prepareAnchors = async (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
  images: ImageKeeping,
): Promise<AnchorWrite[]> => {
  const sources = await readAnchors(collection, anchors, ROOT);
  const [kept, vectors] = await Promise.all([
    keepImages(anchors, images, encoding),
    encodeSources(collection, sources, encoding),
  ]);
  return anchors.map((anchor, i) => ({
    id: anchor.id,
    caption: anchor.text ?? null,
    metadata: anchor.metadata ?? {},
    image: kept[i]?.thumbnail ?? null,
    original: kept[i]?.original ?? null,
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
export const prepareVectors = async (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
  root: FieldPath,
): Promise<AnchorVectors> =>
  encodeSources(collection, await readAnchors(collection, anchors, root), encoding);

/** A vector that was given, or what one is computed from. */
type Source<T> = Float32Array | Encodable<T>;

interface Sources {
  readonly image: readonly Source<Uint8Array>[];
  readonly text: readonly Source<string>[];
}

/** Checks every anchor, and reads each vector that was given, in one pass and in slices. */
const readAnchors = async (
  { imageEncoder, textEncoder }: CollectionRecord,
  anchors: readonly Anchor[],
  root: FieldPath,
): Promise<Sources> => {
  const faults: FieldFault[] = [];
  const image: Source<Uint8Array>[] = [];
  const text: Source<string>[] = [];
  const seen = new Map<AnchorId, number>();
  const turn = createTurns();
  for (const [i, anchor] of anchors.entries()) {
    await turn();
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
  }
  if (faults.length > 0) throw faultyFields(faults);
  return { image, text };
};

const readSource = <T>(
  encoder: EncoderRecord,
  modality: Modality,
  path: FieldPath,
  value: T | undefined,
  vector: GivenVector | undefined,
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

const keepImages = (
  anchors: readonly Anchor[],
  images: ImageKeeping,
  encoding: Encoding,
): Promise<(KeptImage | null)[]> => {
  const limit = pLimit(IMAGES_AT_ONCE);
  return Promise.all(
    anchors.map(({ image }, i) =>
      image === undefined
        ? Promise.resolve(null)
        : limit(async () => {
            try {
              return await encoding.keep(image, images);
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
