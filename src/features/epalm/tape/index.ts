/** Graphs that know their gradients. */
export { plus } from "./sizes.ts";
export { createTape } from "./tape.ts";
export type * from "./types.ts";
