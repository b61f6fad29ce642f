/** Files of PyTorch and of Python's pickle, read without running anything in them. */
export { isArchive, isPickle } from "./archive.ts";
export { readIntegers } from "./integers.ts";
export { isCheckpoint, readCheckpoint, readTensor } from "./read.ts";
