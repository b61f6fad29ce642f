import { parse, sidecar } from "exifr/dist/full.esm.mjs";

const READ = {
  tiff: true,
  exif: true,
  gps: true,
  xmp: true,
  iptc: true,
  icc: false,
  jfif: false,
  mergeOutput: false,
  reviveValues: false,
} as const;

/**
 * Reads the IPTC, XMP and EXIF fields of an image, or of an `.xmp` file.
 *
 * @returns JSON: an object of blocks, `null` if there are none
 */
export const readFields = async (bytes: Uint8Array, isSidecar: boolean): Promise<Uint8Array> => {
  const found: unknown = await (isSidecar ? sidecar(bytes, READ, "xmp") : parse(bytes, READ));
  return Buffer.from(JSON.stringify(found ?? null));
};
