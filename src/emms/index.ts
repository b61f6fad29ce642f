/** Transferability: which model fits a dataset, before anyone fine-tunes one. */
export { METHODS, methodOf } from "./methods.ts";
export * from "./types.ts";
