import { endianness } from "node:os";

const HOST_IS_BIG_ENDIAN = endianness() === "BE";

/** The bytes of `values` as float32, little-endian; on a little-endian machine they share its memory. */
export const toBytes = (values: Float32Array): Buffer => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return HOST_IS_BIG_ENDIAN ? Buffer.from(bytes).swap32() : bytes;
};

/** A copy of what {@link toBytes} wrote, bit for bit. The copy is aligned, which bytes from a socket are not. */
export const fromBytes = (bytes: Uint8Array): Float32Array => {
  const values = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  const target = Buffer.from(values.buffer);
  target.set(bytes);
  if (HOST_IS_BIG_ENDIAN) target.swap32();
  return values;
};
