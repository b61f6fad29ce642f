import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, isAnchorageError, messageOf, type ErrorCode } from "../../errors.ts";
import type { EncoderInfo } from "../../types.ts";
import { openVectorFile } from "./vector-file.ts";

/** Number of images between two saves. */
const IMAGES_A_BATCH = 64;
/** Error codes that are caused by the image itself. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set(["invalid-input", "too-large"]);

/** An image to embed. */
export interface Embeddable {
  /** Changes whenever the image does. */
  readonly version: Uint8Array;
  /** @throws AnchorageError if its bytes cannot be read. */
  readonly image: () => Promise<Uint8Array>;
}

/**
 * The vectors of images, `[n, d]`. They are saved in the file at `path`, so that each is computed once and an
 * interrupted run resumes. The row of an image that cannot be read or decoded is zero.
 *
 * @param options.onUnusable receives the index of such an image and the reason, in the run that finds it
 * @throws the signal's reason if it aborts.
 */
export const embedImages = async (
  images: readonly Embeddable[],
  options: {
    readonly path: string;
    readonly registry: EncoderRegistry;
    readonly encoder: EncoderInfo;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number) => void;
    readonly onUnusable: (index: number, reason: string) => void;
  },
): Promise<Float32Array> => {
  const { path, registry, encoder, signal, onProgress, onUnusable } = options;
  const versions = images.map(({ version }) => version);
  const file = await openVectorFile(path, encoder.dimension, versions);
  try {
    while (file.rows() < images.length) {
      const first = file.rows();
      onProgress(first);
      signal.throwIfAborted();
      const batch = images.slice(first, first + IMAGES_A_BATCH);
      const rows = await encodeReadable(registry, encoder, batch, (i, reason) =>
        onUnusable(first + i, reason),
      );
      await file.append(rows);
    }
    onProgress(images.length);
    return await file.read();
  } finally {
    await file.close();
  }
};

/** Row `row` of rows `[n, d]`, without a copy. */
export const rowOf = (rows: Float32Array, row: number, dimension: number): Float32Array =>
  rows.subarray(row * dimension, (row + 1) * dimension);

/** `[n, d]`; the row of an unusable image is zero. */
const encodeReadable = async (
  registry: EncoderRegistry,
  encoder: EncoderInfo,
  images: readonly Embeddable[],
  onUnusable: (index: number, reason: string) => void,
): Promise<Float32Array> => {
  const { id, dimension } = encoder;
  const rows = new Float32Array(images.length * dimension);
  const loaded = await Promise.all(
    images.map(async ({ image }, index) => {
      try {
        return { index, bytes: await image() };
      } catch (error) {
        onUnusable(index, unusable(error));
        return [];
      }
    }),
  );
  let readable = loaded.flat();
  for (;;) {
    try {
      const vectors = await registry.encodeImages(
        id,
        readable.map(({ bytes }) => bytes),
      );
      readable.forEach(({ index }, row) => rows.set(rowOf(vectors, row, dimension), index * dimension));
      return rows;
    } catch (error) {
      const wrong = faultyIndex(error);
      const faulty = readable[wrong ?? -1];
      if (wrong === undefined || faulty === undefined) throw error;
      onUnusable(faulty.index, unusable(error));
      readable = readable.filter((_, row) => row !== wrong);
    }
  }
};

/** The reason why an image is unusable. @throws errors that it did not cause */
const unusable = (error: unknown): string => {
  if (!isAnchorageError(error) || !UNUSABLE.has(error.code)) throw error;
  return error.faults[0]?.message ?? messageOf(error);
};

/** The fault path of an encoder's error is the index of the first image that cannot be decoded. */
const faultyIndex = (error: unknown): number | undefined => {
  if (!(error instanceof AnchorageError) || !UNUSABLE.has(error.code)) return undefined;
  const index = error.faults[0]?.path[0];
  return typeof index === "number" ? index : undefined;
};
