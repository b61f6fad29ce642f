import type { Database } from "../../store/index.ts";
import { findVectors, keysWithVector, findImages } from "../../store/index.ts";
import type { EncoderRegistry } from "../../encoders/index.ts";
import { type CollectionRecord, type EncoderRecord, addVectors } from "../../store/index.ts";

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
export const anchorLayerVectors = async (
  store: Database,
  registry: Pick<EncoderRegistry, "encodeImagesByAll">,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
  making: Making,
): Promise<{ readonly places: readonly number[]; readonly vectors: readonly SharedRows[] }> => {
  await keepLayerVectors(store, registry, collection, encoders, keys, making);
  const found: ReadonlyMap<number, Float32Array>[] = [];
  for (const encoder of encoders) found.push(await findVectors(store, encoder, keys));
  const places = keys.flatMap((key, place) => (found.every((known) => known.has(key)) ? [place] : []));
  const vectors = encoders.map(({ dimension }, e) => {
    const rows = sharedRows(places.length * dimension);
    places.forEach((place, row) => {
      const vector = found[e]?.get(keys[place] ?? 0);
      if (vector !== undefined) rows.set(vector, row * dimension);
    });
    return rows;
  });
  return { places, vectors };
};

/** Makes and keeps what {@link anchorLayerVectors} gives; of anchors without a stored image nothing can be made. */
export const keepLayerVectors = async (
  store: Database,
  registry: Pick<EncoderRegistry, "encodeImagesByAll">,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
  { signal, onMade }: Making,
): Promise<void> => {
  for (let first = 0; first < keys.length; first += IMAGES_AT_ONCE) {
    signal.throwIfAborted();
    const batch = keys.slice(first, first + IMAGES_AT_ONCE);
    await makeMissing(store, registry, collection, encoders, batch);
    onMade(Math.min(keys.length, first + IMAGES_AT_ONCE));
  }
};

const makeMissing = async (
  store: Database,
  registry: Pick<EncoderRegistry, "encodeImagesByAll">,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
): Promise<void> => {
  const wanting: EncoderRecord[] = [];
  const incomplete = new Set<number>();
  for (const encoder of encoders) {
    const having = await keysWithVector(store, encoder, keys);
    if (having.size === keys.length) continue;
    wanting.push(encoder);
    for (const key of keys) if (!having.has(key)) incomplete.add(key);
  }
  if (wanting.length === 0) return;
  const images = await findImages(store, [...incomplete]);
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
    await addVectors(store, collection, encoder, vectors);
  }
};
