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
