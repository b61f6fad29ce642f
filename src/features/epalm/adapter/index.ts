/**
 * The trainable part of eP-ALM as numbers: linear maps from an encoder's layers to visual tokens, and a soft prompt; no
 * store, no HTTP. `service/` keeps, trains and applies adapters.
 */
export { adapterGradients, promptTokens, visualTokens, visualTokensInSlices } from "./adapter.ts";
export { clipGradients, startAdamW, stepAdamW, type AdamWSettings, type AdamWState } from "./adamw.ts";
export { defaultInjection } from "./default-injection.ts";
export { adapterInputs, adapterVisual, decoderShape, trainedShare, type InjectionInputs } from "./inputs.ts";
export { adapterShapes, adapterSize, checkAdapter, initialAdapter } from "./names.ts";
export { fitProjection, isOfProjection, projectLayerVectors } from "./projection.ts";
export { createAdapter, readAdapter, writeAdapter } from "./record.ts";
export { parseAdapterSettings, visualVectorCount } from "./settings.ts";
export type * from "./types.ts";
