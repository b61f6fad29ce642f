import type { Metadata } from "sharp";
import { unreadable } from "./image-fault.ts";

/** In every format; cameras write up to 108 million, scanners more. */
export const DEFAULT_MAX_PIXELS = 200_000_000;
/** Four channels of 16 bits. Files of more bytes a pixel may have fewer pixels. */
const BYTES_A_PIXEL = 8;
/** JPEG's limit. It also rejects PNGs of one column, which take seconds to decode row by row. */
const MAX_SIDE = 65_535;

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

/**
 * Memory that decoding takes, measured with images of 12 to 200 million pixels: AVIF is decoded whole in several
 * buffers; progressive JPEG, interlaced PNG, GIF and turned images are held whole; other formats are read in strips.
 *
 * @returns bytes
 */
export const expectedBytes = (metadata: Metadata): number => {
  const pixels = metadata.width * metadata.height;
  if (metadata.format === "heif") return pixels * 18;
  if (metadata.format === "gif") return pixels * 6;
  if (metadata.format === "jpeg") return metadata.isProgressive ? pixels * 6 : 0;
  const isWhole = metadata.isProgressive || (metadata.orientation ?? 1) > 1;
  return isWhole ? decodedBytes(metadata) : 0;
};
