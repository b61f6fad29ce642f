/** Decodes files of images in other processes, within limits of time and memory. */
export { DEFAULT_MAX_PIXELS } from "./image-limits.ts";
export { decodeInPool } from "./pool.ts";
