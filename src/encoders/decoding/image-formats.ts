/** The formats that are decoded, for messages. */
export const READ_FORMATS = "JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG";

/** A name, and the bytes that files of this format have at an offset. */
interface Signature {
  readonly name: string;
  readonly at?: number;
  readonly bytes: string;
}

/** Formats that are recognised but not decoded. Bytes are written as Latin-1. */
const UNREAD: readonly Signature[] = [
  ...["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"].map((brand) => ({
    name: "HEIC",
    at: 4,
    bytes: `ftyp${brand}`,
  })),
  { name: "JPEG XL", bytes: "\xff\x0a" },
  { name: "JPEG XL", bytes: "\0\0\0\x0cJXL \r\n\x87\n" },
  { name: "JPEG 2000", bytes: "\0\0\0\x0cjP  \r\n\x87\n" },
  { name: "JPEG 2000", bytes: "\xff\x4f\xff\x51" },
  { name: "Photoshop", bytes: "8BPS" },
  { name: "ICO", bytes: "\0\0\x01\0" },
  { name: "camera raw", at: 4, bytes: "ftypcrx " },
  { name: "camera raw", at: 8, bytes: "CR\x02\0" },
  { name: "camera raw", bytes: "FUJIFILMCCD-RAW" },
  { name: "camera raw", bytes: "IIRO" },
  { name: "camera raw", bytes: "IIRS" },
  { name: "camera raw", bytes: "IIU\0" },
];

/** Sizes of the header that follows the file header of a BMP. */
const BMP_HEADERS = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/**
 * Names the format of an image that is not decoded here.
 *
 * @returns such as "HEIC" or "BMP"; null if the format is decoded or unknown
 */
export const unreadFormat = (bytes: Uint8Array): string | null => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = UNREAD.find(
    ({ at = 0, bytes: signature }) => file.toString("latin1", at, at + signature.length) === signature,
  );
  if (found !== undefined) return found.name;
  const isBmp = file.length > 18 && file.toString("latin1", 0, 2) === "BM";
  return isBmp && BMP_HEADERS.has(file.readUInt32LE(14)) ? "BMP" : null;
};
