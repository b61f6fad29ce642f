import pLimit from "p-limit";
import type { Anchor } from "../api/anchors.ts";
import { AnchorageError, atPath, invalidField, isAnchorageError, type FieldFault } from "../errors.ts";
import {
  type AnchorWrite,
  type CollectionRecord,
  type EncoderRecord,
  hashOfImage,
  type StoredImage,
} from "../store/index.ts";
import type { AnchorId, Modality } from "../types.ts";
import { checkText, readVector, type Encodable, type Encoding } from "./encoding.ts";

/** Where the anchors stand in a request that writes them. */
const ROOT = "anchors";
const MAX_ID_LENGTH = 200;
/** A caller who sends thousands of wrong anchors learns from the first of them. */
const MAX_FAULTS = 20;
const THUMBNAILS_AT_ONCE = 2;

/**
 * Checks every anchor, encodes what has no vector, and makes the thumbnails. Nothing is written here.
 *
 * @throws AnchorageError `invalid-input` with the faults of all anchors, paths as `anchors.<index>.<field>`.
 */
export const prepareAnchors = async (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
): Promise<AnchorWrite[]> => {
  checkAll(collection, anchors, ROOT);
  const [thumbnails, vectors] = await Promise.all([
    makeThumbnails(anchors, encoding),
    encodeSides(collection, anchors, encoding, ROOT),
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

interface Sides {
  readonly image: readonly Float32Array[];
  readonly text: readonly Float32Array[];
}

/**
 * Checks every anchor and encodes what has no vector; for anchors that are not to be written.
 *
 * @param root where they stand in what the caller wrote
 */
export const prepareVectors = (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
  root: string,
): Promise<Sides> => {
  checkAll(collection, anchors, root);
  return encodeSides(collection, anchors, encoding, root);
};

const encodeSides = async (
  collection: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
  root: string,
): Promise<Sides> => {
  const [image, text] = await Promise.all([
    vectorsOf(anchors, root, collection.imageEncoder, "image", encoding.images, (anchor) => ({
      given: anchor.imageVector,
      source: anchor.image,
    })),
    vectorsOf(anchors, root, collection.textEncoder, "text", encoding.texts, (anchor) => ({
      given: anchor.textVector,
      source: anchor.text,
    })),
  ]);
  return { image, text };
};

const checkAll = (collection: CollectionRecord, anchors: readonly Anchor[], root: string): void => {
  const faults: FieldFault[] = [];
  const seen = new Map<AnchorId, number>();
  anchors.forEach((anchor, i) => {
    const path = `${root}.${i}`;
    const first = seen.get(anchor.id);
    seen.set(anchor.id, first ?? i);
    collectFaults(faults, () => checkId(anchor.id, `${path}.id`));
    if (first !== undefined) {
      faults.push({
        path: `${path}.id`,
        message: `"${anchor.id}" already stands at ${root}.${first} of this batch`,
      });
    }
    collectFaults(faults, () => {
      if (anchor.text !== undefined) checkText(anchor.text, `${path}.text`);
    });
    collectFaults(faults, () =>
      checkSide(collection.imageEncoder, "image", path, anchor.image, anchor.imageVector),
    );
    collectFaults(faults, () =>
      checkSide(collection.textEncoder, "text", path, anchor.text, anchor.textVector),
    );
  });
  if (faults.length === 0) return;
  const shown = faults.slice(0, MAX_FAULTS);
  const more = faults.length > shown.length ? `; and ${faults.length - shown.length} more` : "";
  const text = shown.map((fault) => `${fault.path}: ${fault.message}`).join("; ") + more;
  throw new AnchorageError("invalid-input", text, { faults: shown });
};

/** @throws AnchorageError `invalid-input` for an id that is empty, too long or holds a NUL. */
export const checkId = (id: string, path: string): void => {
  const length = Array.from(id).length;
  if (length === 0 || length > MAX_ID_LENGTH)
    throw invalidField(path, `must be 1 to ${MAX_ID_LENGTH} characters long`);
  if (id.includes("\0") || !id.isWellFormed())
    throw invalidField(path, "must be well-formed Unicode without NUL");
};

const checkSide = (
  encoder: EncoderRecord,
  modality: Modality,
  path: string,
  source: unknown,
  vector: readonly number[] | undefined,
): void => {
  if (vector !== undefined) {
    readVector(vector, encoder.dimension, `${path}.${modality}Vector`);
    return;
  }
  if (encoder.external) {
    throw invalidField(
      `${path}.${modality}Vector`,
      `is required, for this collection's ${modality} encoder is external (dimension ${encoder.dimension})`,
    );
  }
  if (source === undefined)
    throw invalidField(`${path}.${modality}`, `is required where no ${modality}Vector is given`);
};

const collectFaults = (faults: FieldFault[], check: () => void): void => {
  try {
    check();
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    faults.push(...error.faults);
  }
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
              throw isAnchorageError(error) ? atPath(`${ROOT}.${i}.image`, error) : error;
            }
          }),
    ),
  );
};

const vectorsOf = async <T>(
  anchors: readonly Anchor[],
  root: string,
  encoder: EncoderRecord,
  modality: Modality,
  encode: (encoder: EncoderRecord, items: readonly Encodable<T>[]) => Promise<Float32Array>,
  pick: (anchor: Anchor) => { given: readonly number[] | undefined; source: T | undefined },
): Promise<Float32Array[]> => {
  const toEncode: Encodable<T>[] = [];
  const rows = anchors.map((anchor, i) => {
    const { given, source } = pick(anchor);
    if (given !== undefined || source === undefined) return -1;
    return toEncode.push({ value: source, path: `${root}.${i}.${modality}` }) - 1;
  });
  const encoded = await encode(encoder, toEncode);
  const d = encoder.dimension;
  return anchors.map((anchor, i) => {
    const row = at(rows, i);
    if (row >= 0) return encoded.slice(row * d, (row + 1) * d);
    return readVector(pick(anchor).given ?? [], d, `${root}.${i}.${modality}Vector`);
  });
};

const at = <T>(items: readonly T[], i: number): T => {
  const item = items[i];
  if (item === undefined) throw new RangeError(`no item ${i} of ${items.length}`);
  return item;
};
