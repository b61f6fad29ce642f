import type { Method, TransferMethod } from "./types.ts";

/** Every score that there is. */
export const METHODS: readonly Method[] = [];

export const methodOf = (name: TransferMethod): Method | undefined =>
  METHODS.find((method) => method.name === name);
