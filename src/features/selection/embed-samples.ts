import type { EncoderRegistry } from "../../encoders/index.ts";
import { withItemPaths, type FieldPath } from "../../errors.ts";
import { sharedRows, type Making, type SharedRows } from "../../collections/layer-vectors/index.ts";
import type { EncoderRecord } from "../../store/index.ts";

/** What an interruption may lose. */
const IMAGES_AT_ONCE = 32;

/**
 * What each of `encoders` makes of image files.
 *
 * @param places where each image stands in what was given, for faults
 * @throws AnchorageError `invalid-input` that names the first image which cannot be decoded
 */
export const embedSamples = async (
  registry: EncoderRegistry,
  encoders: readonly EncoderRecord[],
  images: readonly Uint8Array[],
  places: readonly number[],
  { signal, onMade }: Making,
): Promise<SharedRows[]> => {
  const embeddings = encoders.map(({ dimension }) => sharedRows(images.length * dimension));
  const ids = encoders.map(({ id }) => id);
  for (let first = 0; first < images.length; first += IMAGES_AT_ONCE) {
    signal.throwIfAborted();
    const batch = images.slice(first, first + IMAGES_AT_ONCE);
    const pathOf = (i: number): FieldPath => ["dataset", "images", places[first + i] ?? first + i];
    const made = await withItemPaths(pathOf, () => registry.encodeImagesByAll(ids, batch));
    made.forEach((rows, e) => embeddings[e]?.set(rows, first * (encoders[e]?.dimension ?? 0)));
    onMade(first + batch.length);
  }
  return embeddings;
};
