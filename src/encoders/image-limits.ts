import type { Metadata } from "sharp";
import { unreadable } from "./image-fault.ts";

/** In every format; cameras write up to 108 million, scanners more. */
export const DEFAULT_MAX_PIXELS = 200_000_000;
/** Four channels of 16 bits. Files of more bytes a pixel may have fewer pixels. */
const BYTES_A_PIXEL = 8;
/** JPEG's limit. It also rejects PNGs of one column, which take seconds to decode row by row. */
const MAX_SIDE = 65_535;
/** Decoded images in memory at any time, in bytes; one that is larger is decoded alone. */
const BYTES_AT_ONCE = 1024 ** 3;
/** libvips shrinks a baseline JPEG while it reads it. */
const JPEG_SHRINKS_BY = 8;

const BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/**
 * Rejects an image by what its header declares, before it is decoded.
 *
 * @throws AnchorageError `invalid-input` if it has more than `maxPixels` pixels, a side of more than 65,535, or would
 * take more than 8 bytes for each of `maxPixels` pixels
 */
export const checkSize = (metadata: Metadata, maxPixels: number): void => {
  const { width, height } = metadata;
  const size = `${width} x ${height} pixels`;
  if (Math.max(width, height) > MAX_SIDE)
    throw unreadable(`is too large: it has ${size}, and at most ${MAX_SIDE} a side are accepted`);
  if (width * height > maxPixels)
    throw unreadable(
      `is too large: it has ${size}, and at most ${maxPixels / 1e6} million are accepted (MAX_MEGAPIXELS)`,
    );
  const bytes = decodedBytes(metadata);
  if (bytes > maxPixels * BYTES_A_PIXEL)
    throw unreadable(
      `is too large: its ${size} take ${Math.ceil(bytes / 1e6)} MB decoded, and at most ` +
        `${Math.floor((maxPixels * BYTES_A_PIXEL) / 1e6)} are accepted (MAX_MEGAPIXELS)`,
    );
};

const decodedBytes = ({ width, height, channels, depth }: Metadata): number =>
  width * height * channels * (BYTES[depth] ?? 1);

let decoding = 0;
const waiting: { readonly bytes: number; readonly start: () => void }[] = [];

/**
 * Runs `work`, which decodes an image, when its decoded bytes fit into memory beside those of the images that are being
 * decoded. Images take turns in the order in which they came.
 */
export const withDecodedBytes = async <T>(metadata: Metadata, work: () => Promise<T>): Promise<T> => {
  const shrinks = metadata.format === "jpeg" && !metadata.isProgressive;
  const bytes = Math.min(BYTES_AT_ONCE, decodedBytes(metadata) / (shrinks ? JPEG_SHRINKS_BY : 1));
  if (waiting.length > 0 || decoding + bytes > BYTES_AT_ONCE)
    await new Promise<void>((start) => waiting.push({ bytes, start }));
  else decoding += bytes;
  try {
    return await work();
  } finally {
    decoding -= bytes;
    admit();
  }
};

const admit = (): void => {
  for (let [next] = waiting; next !== undefined && decoding + next.bytes <= BYTES_AT_ONCE; [next] = waiting) {
    waiting.shift();
    decoding += next.bytes;
    next.start();
  }
};
