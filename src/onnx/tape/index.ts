/** Graphs that know their gradients. */
export { createTape } from "./tape.ts";
export type * from "./types.ts";
