/** eP-ALM's trainable part: linear maps from an encoder's features to visual tokens, and a soft prompt. */
export { adapterGradients, promptTokens, visualTokens } from "./adapter.ts";
export { clipGradients, startAdamW, stepAdamW, type AdamWSettings, type AdamWState } from "./adamw.ts";
export { defaultInjection } from "./default-injection.ts";
export { adapterInputs, adapterVisual, decoderShape, trainedShare, type AdapterInputs } from "./inputs.ts";
export { adapterShapes, adapterSize, checkAdapter, initialAdapter } from "./names.ts";
export { fitProjection, isOfProjection, projectFeatures } from "./projection.ts";
export { createAdapter, readAdapter, writeAdapter } from "./record.ts";
export { parseAdapterSettings, vectorsOf } from "./settings.ts";
export type * from "./types.ts";
