import { emms } from "./emms.ts";
import { hscore } from "./hscore.ts";
import { TRANSFER_METHODS, type Method, type TransferMethod } from "./types.ts";

/** Every score that there is. */
export const METHODS: readonly Method[] = [emms, hscore];

const BY_NAME = new Map(METHODS.map((method) => [method.name, method]));

export const methodOf = (name: TransferMethod): Method => {
  const method = BY_NAME.get(name);
  if (method === undefined)
    throw new Error(`${name}, one of ${TRANSFER_METHODS.join(", ")}, is not in the table`);
  return method;
};
