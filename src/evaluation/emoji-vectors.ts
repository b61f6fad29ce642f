import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EncoderRegistry } from "../encoders/index.ts";
import { isAnchorageError } from "../errors.ts";
import type { Progress } from "../progress.ts";
import type { Emoji, EmojiPair } from "../sample/index.ts";
import type { EncoderId, EncoderInfo, Log } from "../types.ts";
import type { Drawn } from "./emoji-protocol.ts";
import { openVectorFile } from "./vector-file.ts";

/** What an interruption may lose. */
const DRAWINGS_A_BATCH = 64;
const TEXTS_A_BATCH = 256;

/** A drawing with its image vector, `[d]`. */
export interface EmbeddedPair extends Omit<EmojiPair, "image">, Drawn {
  readonly emoji: Emoji;
  readonly imageVector: Float32Array;
}

export interface Embedding {
  readonly registry: EncoderRegistry;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * The image vectors of `pairs`. They are kept under `directory`, in a file a vendor, so that they are made once and an
 * interrupted run goes on where it was. Drawings that cannot be decoded are left out with a line in the log.
 *
 * @throws the signal's reason where it aborts.
 */
export const embedDrawings = async (
  pairs: readonly EmojiPair[],
  options: Embedding & {
    readonly encoder: EncoderInfo;
    readonly directory: string;
    readonly progress: Progress;
  },
): Promise<EmbeddedPair[]> => {
  const { encoder, directory, progress, registry, signal, log } = options;
  const folder = join(directory, `${encoder.id}-${encoder.sha256.slice(0, 12)}`);
  const embedded: EmbeddedPair[] = [];
  let before = 0;
  for (const [vendor, drawings] of byVendor(pairs)) {
    const images = drawings.map((pair) => pair.image);
    const file = await openVectorFile(join(folder, `${vendor}.f32`), encoder.dimension, images);
    try {
      while (file.rows() < images.length) {
        progress.update(before + file.rows(), pairs.length);
        signal.throwIfAborted();
        const batch = images.slice(file.rows(), file.rows() + DRAWINGS_A_BATCH);
        await file.append(await encodeReadable(registry, encoder, batch));
      }
      before += images.length;
      progress.update(before, pairs.length);
      embedded.push(...readableOf(drawings, await file.read(), encoder.dimension, log));
    } finally {
      await file.close();
    }
  }
  return embedded;
};

/**
 * The vector of each of `texts`, without repetition.
 *
 * @throws the signal's reason where it aborts.
 */
export const embedTexts = async (
  texts: readonly string[],
  options: Embedding & { readonly encoder: EncoderInfo },
): Promise<ReadonlyMap<string, Float32Array>> => {
  const { encoder, registry, signal } = options;
  const unique = [...new Set(texts)];
  const vectors = new Map<string, Float32Array>();
  for (let first = 0; first < unique.length; first += TEXTS_A_BATCH) {
    signal.throwIfAborted();
    const batch = unique.slice(first, first + TEXTS_A_BATCH);
    const rows = await registry.encodeTexts(encoder.id, batch);
    batch.forEach((text, row) => vectors.set(text, rowOf(rows, row, encoder.dimension)));
  }
  return vectors;
};

/** In order of hexcode, so that the order in which pairs are read does not matter to what is kept. */
const byVendor = (pairs: readonly EmojiPair[]): Map<string, EmojiPair[]> => {
  const vendors = new Map<string, EmojiPair[]>();
  for (const pair of [...pairs].sort((a, b) => (a.emoji.hexcode < b.emoji.hexcode ? -1 : 1))) {
    const known = vendors.get(pair.vendor);
    if (known === undefined) vendors.set(pair.vendor, [pair]);
    else known.push(pair);
  }
  return vendors;
};

/** `[n, d]`; the row of an image that cannot be decoded stays zero. */
const encodeReadable = async (
  registry: EncoderRegistry,
  encoder: { readonly id: EncoderId; readonly dimension: number },
  images: readonly Uint8Array[],
): Promise<Float32Array> => {
  const rows = new Float32Array(images.length * encoder.dimension);
  let readable = images.map((_, i) => i);
  for (;;) {
    try {
      const vectors = await registry.encodeImages(
        encoder.id,
        readable.map((i) => images[i] ?? new Uint8Array()),
      );
      readable.forEach((i, row) => rows.set(rowOf(vectors, row, encoder.dimension), i * encoder.dimension));
      return rows;
    } catch (error) {
      const wrong = faultyIndex(error);
      if (wrong === undefined) throw error;
      readable = readable.filter((_, row) => row !== wrong);
    }
  }
};

/** Encoders name the first image that cannot be decoded by its index. */
const faultyIndex = (error: unknown): number | undefined => {
  if (!isAnchorageError(error) || error.code !== "invalid-input") return undefined;
  const index = Number(error.faults[0]?.path ?? NaN);
  return Number.isInteger(index) ? index : undefined;
};

const readableOf = (
  pairs: readonly EmojiPair[],
  vectors: Float32Array,
  dimension: number,
  log: Log,
): EmbeddedPair[] => {
  const left: string[] = [];
  const kept = pairs.flatMap(({ id, vendor, emoji, image }, row) => {
    const imageVector = rowOf(vectors, row, dimension);
    const digest = createHash("sha256").update(image).digest("hex");
    if (imageVector.some((value) => value !== 0)) return [{ id, vendor, emoji, digest, imageVector }];
    left.push(id);
    return [];
  });
  if (left.length > 0) log(`left out, for they cannot be decoded: ${left.join(", ")}`);
  return kept;
};

const rowOf = (rows: Float32Array, row: number, dimension: number): Float32Array =>
  rows.subarray(row * dimension, (row + 1) * dimension);
