import type { FileHandle } from "node:fs/promises";

/**
 * Reads from `position` on until `bytes` is full or the file ends.
 *
 * @returns the number of bytes read
 */
export const fillFromFile = async (
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> => {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
};
