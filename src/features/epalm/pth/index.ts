/** Checkpoints of PyTorch, read without running anything in them. */
export { isCheckpoint, readCheckpoint } from "./read.ts";
