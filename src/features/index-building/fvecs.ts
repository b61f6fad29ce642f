import { open } from "node:fs/promises";
import { AnchorageError } from "../../errors.ts";
import { corruptFile, fileFault } from "../files/index.ts";
import type { OpenArray } from "../files/npy/index.ts";

const MAX_DIMENSION = 8_192;
const ROWS_AT_ONCE = 4_096;

/**
 * Opens a `.fvecs` file (corpus-texmex.irisa.fr): each row is its dimension as int32, then that number of float32
 * values, all little-endian.
 *
 * @throws AnchorageError `invalid-input` if it cannot be read, `corrupt-file` if it is not a `.fvecs` file
 */
export const openFvecs: OpenArray = async (path) => {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw fileFault(error, path);
  });
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    const dimension = head.readInt32LE();
    const rowBytes = 4 + 4 * dimension;
    if (dimension < 1 || dimension > MAX_DIMENSION || size % rowBytes !== 0)
      throw corruptFile(path, "is no .fvecs file");
    const rows = size / rowBytes;
    return {
      shape: [rows, dimension],
      into: async (target, at) => {
        for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
          const count = Math.min(ROWS_AT_ONCE, rows - first);
          const bytes = Buffer.alloc(count * rowBytes);
          const { bytesRead } = await handle.read(bytes, 0, bytes.length, first * rowBytes);
          if (bytesRead < bytes.length) throw corruptFile(path, "is cut off");
          for (let row = 0; row < count; row++) {
            if (bytes.readInt32LE(row * rowBytes) !== dimension)
              throw new AnchorageError("invalid-input", `${path}: row ${first + row} has another dimension`);
            const to = at + (first + row) * dimension;
            for (let i = 0; i < dimension; i++)
              target[to + i] = bytes.readFloatLE(row * rowBytes + 4 + 4 * i);
          }
        }
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
};
