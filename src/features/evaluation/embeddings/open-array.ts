import { open, readFile } from "node:fs/promises";
import { AnchorageError, isAnchorageError, messageOf } from "../../../errors.ts";
import { isArchive, isPickle, readIntegers, readTensor } from "../../files/pth/index.ts";
import { LABEL_ITEMS, openNpy, VECTOR_ITEMS, type OpenArray } from "../../files/npy/index.ts";

const FIRST_BYTES = 4;

/**
 * Opens vectors: a `.npy` file, or a tensor written by `torch.save`, as ASIF's authors publish. The first bytes
 * decide which it is.
 *
 * @throws AnchorageError `invalid-input` or `corrupt-file` that names the file and the problem
 */
export const openVectors: OpenArray = async (path) => {
  const start = await firstBytes(path);
  if (!isArchive(start) && !isPickle(start)) return openNpy(path, VECTOR_ITEMS);
  const { shape, data } = await reading(path, readTensor);
  return inMemory(shape, data);
};

/** Opens integers: a `.npy` file, a tensor, or a pickled list of numbers or tensors. @see openVectors */
export const openLabels: OpenArray = async (path) => {
  const start = await firstBytes(path);
  if (!isArchive(start) && !isPickle(start)) return openNpy(path, LABEL_ITEMS);
  const labels = await reading(path, readIntegers);
  return inMemory([labels.length], labels.map(toInt32));
};

/** Values outside of int32 stay out of range, as in `.npy` files, instead of wrapping around. */
const toInt32 = (value: number): number => Math.max(-(2 ** 31), Math.min(value, 2 ** 31 - 1));

const inMemory = (shape: readonly number[], numbers: ArrayLike<number>): Awaited<ReturnType<OpenArray>> => ({
  shape,
  into: (target, at) => {
    target.set(numbers, at);
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
});

const firstBytes = async (path: string): Promise<Uint8Array> => {
  const bytes = new Uint8Array(FIRST_BYTES);
  const handle = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    await handle.read(bytes, 0, FIRST_BYTES, 0);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle.close();
  }
  return bytes;
};

const unreadable = (path: string, error: unknown): AnchorageError =>
  new AnchorageError("invalid-input", `${path} cannot be read: ${messageOf(error)}`, { cause: error });

const reading = async <T>(path: string, read: (bytes: Uint8Array) => T): Promise<T> => {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    return read(bytes);
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    throw new AnchorageError(error.code, `${path}: ${error.message}`, { cause: error });
  }
};
