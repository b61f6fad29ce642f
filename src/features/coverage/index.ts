/** How well a collection's anchors support given classes, before anything is classified. */
export { coverage } from "./coverage.ts";
export type * from "./types.ts";
