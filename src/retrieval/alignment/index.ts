/**
 * Linear maps of both modalities into one space, in closed form from Gram matrices that support adding and removing
 * pairs.
 */
export { fitAlignment } from "./fit.ts";
export { createGram, updateGram, type Gram, type Pairs } from "./gram.ts";
export { startWork, type GramWork } from "./gram-work.ts";
export type * from "./types.ts";
