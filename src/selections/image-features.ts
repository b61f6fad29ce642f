import type { EncoderRegistry } from "../encoders/index.ts";
import { AnchorageError, isAnchorageError } from "../errors.ts";
import type { CollectionRecord, EncoderRecord, Store } from "../store/index.ts";

/** What an interruption may lose. */
const IMAGES_AT_ONCE = 32;

export interface Making {
  readonly signal: AbortSignal;
  /** How many samples have all of their features. */
  readonly onMade: (done: number) => void;
}

/** `[n, d]` row-major over a SharedArrayBuffer, so that another thread can read it, too. */
export type SharedRows = Float32Array<SharedArrayBuffer>;

export const sharedRows = (length: number): SharedRows =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

/**
 * The vectors of a collection's anchors by each of `encoders`, made of their stored images where there are none yet, and
 * kept beside the others. What was made before an interruption is there when it is asked for again.
 *
 * @returns of the anchors that are still there, in the order of `keys`
 */
export const anchorFeatures = async (
  store: Store,
  registry: EncoderRegistry,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
  { signal, onMade }: Making,
): Promise<{ readonly places: readonly number[]; readonly features: readonly SharedRows[] }> => {
  for (let first = 0; first < keys.length; first += IMAGES_AT_ONCE) {
    signal.throwIfAborted();
    const batch = keys.slice(first, first + IMAGES_AT_ONCE);
    await makeMissing(store, registry, collection, encoders, batch);
    onMade(Math.min(keys.length, first + IMAGES_AT_ONCE));
  }
  const found: ReadonlyMap<number, Float32Array>[] = [];
  for (const encoder of encoders) found.push(await store.findVectors(encoder, keys));
  const places = keys.flatMap((key, place) => (found.every((vectors) => vectors.has(key)) ? [place] : []));
  const features = encoders.map(({ dimension }, e) => {
    const rows = sharedRows(places.length * dimension);
    places.forEach((place, row) => {
      const vector = found[e]?.get(keys[place] ?? 0);
      if (vector !== undefined) rows.set(vector, row * dimension);
    });
    return rows;
  });
  return { places, features };
};

const makeMissing = async (
  store: Store,
  registry: EncoderRegistry,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
): Promise<void> => {
  const wanting: EncoderRecord[] = [];
  const incomplete = new Set<number>();
  for (const encoder of encoders) {
    const having = await store.keysWithVector(encoder, keys);
    if (having.size === keys.length) continue;
    wanting.push(encoder);
    for (const key of keys) if (!having.has(key)) incomplete.add(key);
  }
  if (wanting.length === 0) return;
  const images = await store.findImages([...incomplete]);
  if (images.size === 0) return;
  const made = await registry.encodeImagesByAll(
    wanting.map(({ id }) => id),
    [...images.values()],
  );
  for (const [e, encoder] of wanting.entries()) {
    const rows = made[e] ?? new Float32Array(0);
    const vectors = [...images.keys()].map((key, row) => ({
      key,
      vector: rows.slice(row * encoder.dimension, (row + 1) * encoder.dimension),
    }));
    await store.addVectors(collection, encoder, vectors);
  }
};

/**
 * What each of `encoders` makes of image files.
 *
 * @param places where each image stands in what was given, for faults
 * @throws AnchorageError `invalid-input` that names the first image which cannot be decoded
 */
export const imageFeatures = async (
  registry: EncoderRegistry,
  encoders: readonly EncoderRecord[],
  images: readonly Uint8Array[],
  places: readonly number[],
  { signal, onMade }: Making,
): Promise<SharedRows[]> => {
  const features = encoders.map(({ dimension }) => sharedRows(images.length * dimension));
  const ids = encoders.map(({ id }) => id);
  for (let first = 0; first < images.length; first += IMAGES_AT_ONCE) {
    signal.throwIfAborted();
    const batch = images.slice(first, first + IMAGES_AT_ONCE);
    const made = await namingImages(places.slice(first), () => registry.encodeImagesByAll(ids, batch));
    made.forEach((rows, e) => features[e]?.set(rows, first * (encoders[e]?.dimension ?? 0)));
    onMade(first + batch.length);
  }
  return features;
};

const namingImages = async <T>(places: readonly number[], work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "invalid-input") throw error;
    const faults = error.faults.map(({ path, message }) => ({
      path: `dataset.images.${places[Number(path)] ?? path}`,
      message,
    }));
    const text = faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
    throw new AnchorageError("invalid-input", text, { faults, cause: error });
  }
};
