/** Frozen encoders: folders that describe them, sessions that run them, and the two that come with Anchorage. */
export { importDefaultEncoders } from "./defaults/index.ts";
export { makeThumbnail, MAX_PIXELS } from "./image.ts";
export { openEncoderRegistry } from "./registry.ts";
export type { EncoderRegistry } from "./types.ts";
