import type { EncoderRegistry } from "../../../src/encoders/index.ts";
import { AnchorageError } from "../../../src/errors.ts";
import type { LayerSource } from "../../../src/features/epalm/index.ts";
import type { EncoderInfo } from "../../../src/types.ts";
import { openVectorFile } from "../../../src/features/evaluation/index.ts";

/** What an interruption may lose. */
const IMAGES_A_BATCH = 32;

/** What an encoder's layers make of images. */
export interface LayerFeatures {
  readonly sources: readonly LayerSource[];
  /** Of each layer `[images, dimension]`. */
  readonly features: readonly Float32Array[];
}

/**
 * The features of images by each of an encoder's layers, from one pass an image. They are kept in the file at `path`, so
 * that they are made once and an interrupted run goes on where it was.
 *
 * @throws AnchorageError `unprocessable` where the encoder has no layers; the signal's reason where it aborts
 */
export const layerFeatures = async (
  images: readonly Uint8Array[],
  options: {
    readonly registry: EncoderRegistry;
    readonly encoder: EncoderInfo;
    readonly path: string;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number) => void;
  },
): Promise<LayerFeatures> => {
  const { registry, encoder, path, signal, onProgress } = options;
  const layers = registry.list().find(({ id }) => id === encoder.id)?.layers ?? [];
  if (layers.length === 0)
    throw new AnchorageError("unprocessable", `The image encoder "${encoder.id}" declares no layers.`);
  const width = layers.reduce((sum, { dimension }) => sum + dimension, 0);
  const stamp = new TextEncoder().encode(layers.map(({ sha256 }) => sha256).join());
  const file = await openVectorFile(path, width, [...images, stamp]);
  try {
    while (file.rows() < images.length) {
      onProgress(file.rows());
      signal.throwIfAborted();
      const batch = images.slice(file.rows(), file.rows() + IMAGES_A_BATCH);
      const made = await registry.encodeImagesByAll(
        layers.map(({ id }) => id),
        batch,
      );
      await file.append(sideBySide(made, batch.length));
    }
    onProgress(images.length);
    const all = await file.read();
    let first = 0;
    const features = layers.map(({ dimension }) => {
      const rows = new Float32Array(images.length * dimension);
      for (let row = 0; row < images.length; row++)
        rows.set(all.subarray(row * width + first, row * width + first + dimension), row * dimension);
      first += dimension;
      return rows;
    });
    return {
      features,
      sources: layers.map(({ id, sha256, dimension }) => ({ encoder: id, sha256, dimension })),
    };
  } finally {
    await file.close();
  }
};

const sideBySide = (parts: readonly Float32Array[], rows: number): Float32Array => {
  const width = parts.reduce((sum, { length }) => sum + length / rows, 0);
  const joined = new Float32Array(rows * width);
  let first = 0;
  for (const part of parts) {
    const own = part.length / rows;
    for (let row = 0; row < rows; row++)
      joined.set(part.subarray(row * own, (row + 1) * own), row * width + first);
    first += own;
  }
  return joined;
};
