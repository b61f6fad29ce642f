import { atPath, isAnchorageError } from "../errors.ts";
import type { TensorData } from "../onnx/index.ts";
import { preprocessImage } from "./image.ts";
import { DEFAULT_MAX_PIXELS } from "./decoding/index.ts";
import type { ImageManifest } from "./manifest.ts";
import { openModel } from "./model.ts";
import { outputVectors } from "./output.ts";
import type { EncoderSession } from "./session.ts";

/** Fastest batch size measured on two cores; larger batches only use more memory. */
const IMAGES_A_BATCH = 8;

export interface ImageSessionOptions {
  /** Larger images are rejected. */
  readonly maxPixels?: number;
  /** As far as a shared network is needed; null: all of it. */
  readonly outputs?: readonly string[] | null;
}

/**
 * Opens a session of an image encoder. At most two batches of images are decoded at any time.
 *
 * @throws AnchorageError as `openModel`
 * @example
 * ```ts
 * const session = await openImageSession(directory, manifest);
 * const [vectors] = await session.encode([await readFile("cat.jpg")], [manifest]); // [1, manifest.dimension]
 * await session.close();
 * ```
 */
export const openImageSession = async (
  directory: string,
  manifest: ImageManifest,
  { maxPixels = DEFAULT_MAX_PIXELS, outputs = null }: ImageSessionOptions = {},
): Promise<EncoderSession<Uint8Array>> => {
  const model = await openModel(directory, manifest, outputs);
  const { image: spec, inputs } = manifest;
  const shape = spec.layout === "nchw" ? [3, spec.height, spec.width] : [spec.height, spec.width, 3];
  const prepare = async (images: readonly Uint8Array[], first: number): Promise<TensorData> => {
    const size = 3 * spec.height * spec.width;
    const batch = new Float32Array(images.length * size);
    const prepared = await Promise.allSettled(
      images.map(async (bytes, i) => batch.set(await preprocessImage(bytes, spec, maxPixels), i * size)),
    );
    prepared.forEach((outcome, i) => {
      if (outcome.status === "fulfilled") return;
      const error: unknown = outcome.reason;
      throw isAnchorageError(error) ? atPath([first + i], error) : error;
    });
    return { type: "float32", data: batch, dims: [images.length, ...shape] };
  };
  return {
    encode: async (images, cuts) => {
      const rows = cuts.map(({ dimension }) => new Float32Array(images.length * dimension));
      const batchAt = (first: number) => prepare(images.slice(first, first + IMAGES_A_BATCH), first);
      let next = images.length > 0 ? batchAt(0) : undefined;
      for (let first = 0; first < images.length; first += IMAGES_A_BATCH) {
        const batch = await next;
        if (batch === undefined) break;
        const following = first + IMAGES_A_BATCH;
        next = following < images.length ? batchAt(following) : undefined;
        // Prevents an unhandled rejection: an error of the next batch is thrown when it is awaited.
        next?.catch(() => undefined);
        const outputs = await model.run({ [inputs.image]: batch }, cuts);
        outputs.forEach((output, i) => {
          const cut = cuts[i] ?? manifest;
          rows[i]?.set(outputVectors(output, cut, batch.dims[0] ?? 0, null), first * cut.dimension);
        });
      }
      return rows;
    },
    close: () => model.close(),
  };
};
