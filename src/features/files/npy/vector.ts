import { corruptFile } from "../file-fault.ts";
import { npyHeader } from "./header.ts";

const PREFIX_BYTES = 10;

/** A `.npy` file that holds one vector. */
export const npyOf = (vector: Float32Array): Uint8Array =>
  Buffer.concat([
    npyHeader([vector.length]),
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength),
  ]);

/**
 * The vector in a `.npy` file as {@link npyOf} makes it.
 *
 * @param path for the error message
 * @throws AnchorageError `corrupt-file` for other bytes
 */
export const vectorInNpy = (bytes: Uint8Array, path: string): Float32Array<ArrayBuffer> => {
  const start = PREFIX_BYTES + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0);
  const length = (bytes.length - start) / Float32Array.BYTES_PER_ELEMENT;
  const isVector =
    Number.isInteger(length) && Buffer.compare(bytes.subarray(0, start), npyHeader([length])) === 0;
  if (!isVector) throw corruptFile(path, "is no .npy file of one float32 vector");
  // Not `slice`, which shares its memory where the bytes are a Buffer.
  return new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
};
