/** eP-ALM's trainable part: linear maps from an encoder's features to visual tokens, and a soft prompt. */
export { adapterGradients, promptTokens, visualTokens } from "./adapter.ts";
export { clipGradients, startAdamW, stepAdamW, type AdamWSettings, type AdamWState } from "./adamw.ts";
export { adapterShapes, adapterSize, checkAdapter, initialAdapter } from "./names.ts";
export type * from "./types.ts";
