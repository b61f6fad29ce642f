import { endianness } from "node:os";

const HOST_IS_BIG_ENDIAN = endianness() === "BE";

/**
 * Encodes `values` as little-endian float32.
 *
 * @returns a view of the same memory on little-endian machines, otherwise a copy
 */
export const toBytes = (values: Float32Array): Buffer => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return HOST_IS_BIG_ENDIAN ? Buffer.from(bytes).swap32() : bytes;
};

/** Decodes what {@link toBytes} encoded, bit for bit. Returns a copy, because bytes from a socket may be unaligned. */
export const fromBytes = (bytes: Uint8Array): Float32Array<ArrayBuffer> => {
  const values = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  const target = Buffer.from(values.buffer);
  target.set(bytes);
  if (HOST_IS_BIG_ENDIAN) target.swap32();
  return values;
};

/** Encodes `values` as base64 of little-endian float32. */
export const toBase64 = (values: Float32Array): string => toBytes(values).toString("base64");

/**
 * Decodes base64 of little-endian float32 straight into the array that it returns.
 *
 * @param encoded valid base64 of whole numbers, as the schema of a vector requires
 */
export const fromBase64 = (encoded: string): Float32Array<ArrayBuffer> => {
  const length = Buffer.byteLength(encoded, "base64") / Float32Array.BYTES_PER_ELEMENT;
  const values = new Float32Array(length);
  const target = Buffer.from(values.buffer);
  target.write(encoded, "base64");
  if (HOST_IS_BIG_ENDIAN) target.swap32();
  return values;
};

/** The numbers of a vector as a request gives it: numbers, or what {@link fromBase64} decodes. */
export const numbersOf = (vector: readonly number[] | string): readonly number[] =>
  typeof vector === "string" ? Array.from(fromBase64(vector)) : vector;
