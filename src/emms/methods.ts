import { emms } from "./emms.ts";
import { hscore } from "./hscore.ts";
import type { Method, TransferMethod } from "./types.ts";

/** Every score that there is. */
export const METHODS: readonly Method[] = [emms, hscore];

export const methodOf = (name: TransferMethod): Method | undefined =>
  METHODS.find((method) => method.name === name);
