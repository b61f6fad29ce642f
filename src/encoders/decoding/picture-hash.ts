import sharp from "sharp";

const WIDTH = 9;
const HEIGHT = 8;
/** A smaller step between two of the 256 levels may be noise of the compression. */
const STEP = 4;
/** Plain and nearly plain pictures would all look alike. */
const MIN_STEPS = 16;

/**
 * A perceptual hash of 64 bits: whether each pixel of the picture at 9 x 8 pixels in grey is darker than its right
 * neighbour (dHash; N. Krawetz, "Kind of Like That", 2013). Copies in another size or format differ in few bits, other
 * photographs in about 32.
 *
 * @param bytes an image file that can be decoded, such as a stored thumbnail
 * @returns 8 bytes, or none for a picture without detail, such as one of a single colour, which would match any other of
 * its kind
 */
export const hashPicture = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const levels = await sharp(bytes)
    .flatten({ background: "#fff" })
    .resize(WIDTH, HEIGHT, { fit: "fill" })
    .greyscale()
    .raw()
    .toBuffer();
  let hash = 0n;
  let steps = 0;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x + 1 < WIDTH; x++) {
      const difference = (levels[y * WIDTH + x + 1] ?? 0) - (levels[y * WIDTH + x] ?? 0);
      if (Math.abs(difference) >= STEP) steps++;
      hash = (hash << 1n) | (difference > 0 ? 1n : 0n);
    }
  }
  const written = Buffer.alloc(8);
  written.writeBigUInt64BE(hash);
  return steps < MIN_STEPS ? new Uint8Array(0) : written;
};
