import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, isAnchorageError, messageOf, type ErrorCode } from "../../errors.ts";
import type { EncoderInfo } from "../../types.ts";
import { openVectorFile } from "./vector-file.ts";

/** What an interruption may lose. */
const IMAGES_A_BATCH = 64;
/** What an image itself may be at fault for. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set(["invalid-input", "too-large"]);

/** An image whose vector is wanted. */
export interface Embeddable {
  /** Changes when the image does. */
  readonly version: Uint8Array;
  /** @throws AnchorageError where there are no bytes to be had. */
  readonly image: () => Promise<Uint8Array>;
}

/**
 * The vectors of images, `[n, d]`. They are kept in the file at `path`, so that they are made once and an interrupted
 * run goes on where it was. The row of an image that cannot be read or decoded stays zero.
 *
 * @param options.onUnusable is told the index of such an image and the reason, in the run that finds it
 * @throws the signal's reason where it aborts.
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

/** Row `row` of rows `[n, d]`, not copied. */
export const rowOf = (rows: Float32Array, row: number, dimension: number): Float32Array =>
  rows.subarray(row * dimension, (row + 1) * dimension);

/** `[n, d]`; the row of an image that is of no use stays zero. */
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

/** Why an image is of no use. @throws what was not its own fault */
const unusable = (error: unknown): string => {
  if (!isAnchorageError(error) || !UNUSABLE.has(error.code)) throw error;
  return error.faults[0]?.message ?? messageOf(error);
};

/** Encoders name the first image that cannot be decoded by its index. */
const faultyIndex = (error: unknown): number | undefined => {
  if (!(error instanceof AnchorageError) || !UNUSABLE.has(error.code)) return undefined;
  const index = error.faults[0]?.path[0];
  return typeof index === "number" ? index : undefined;
};
