/** How well a collection's anchors support given classes, before anything is classified. */
export { coverageRequest } from "./api.ts";
export { coverage } from "./coverage.ts";
export type * from "./types.ts";
