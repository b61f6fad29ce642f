import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
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
