/**
 * A copy of `rows` in which each row has L2 norm 1; a zero row stays zero. The norm is taken in float64, so that no
 * finite float32 row over- or underflows.
 *
 * @param rows `[n, d]` row-major
 */
export const unitRows = (rows: Float32Array, dimension: number): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += dimension) writeUnit(rows, at, result, at, dimension);
  return result;
};

/** Writes the vector at `from` in `source`, scaled to norm 1, to `target` at `at`, where zeros are. */
export const writeUnit = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  at: number,
  dimension: number,
): void => {
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum += (source[from + i] ?? 0) ** 2;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < dimension; i++) target[at + i] = (source[from + i] ?? 0) * scale;
};

/** Words whose bytes, each 0 or 1, can be added without an overflow into the next. */
const WORDS = 255;

/** Counts the bytes of a bitmap that are 1; the others are 0. */
export const countOnes = ({ buffer, byteOffset, length }: Uint8Array): number => {
  const aligned = byteOffset % 4 === 0 ? length >>> 2 : 0;
  const words = new Uint32Array(buffer, aligned === 0 ? 0 : byteOffset, aligned);
  let sum = 0;
  for (let at = 0; at < aligned;) {
    const end = Math.min(aligned, at + WORDS);
    let bytes = 0;
    for (; at < end; at++) bytes = (bytes + (words[at] ?? 0)) | 0;
    sum += (bytes & 255) + ((bytes >>> 8) & 255) + ((bytes >>> 16) & 255) + (bytes >>> 24);
  }
  const rest = new Uint8Array(buffer, byteOffset + 4 * aligned, length - 4 * aligned);
  for (const bit of rest) sum += bit;
  return sum;
};

/** The bytes in memory that threads share: a copy, unless they are there. */
export const sharedBytes = (bytes: Uint8Array | undefined): Uint8Array | undefined => {
  if (bytes === undefined || bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
};
