import { AnchorageError } from "../errors.ts";
import type { EncoderInfo } from "../types.ts";
import type { EncoderRegistry } from "./types.ts";

/**
 * Checks that an encoder can be used here: that it is installed with the weights that a collection's vectors are from.
 *
 * @param path the caller's field that needs it, for the fault
 * @throws AnchorageError `unprocessable`
 */
export const requireInstalled = (
  registry: Pick<EncoderRegistry, "list">,
  { id, modality, sha256 }: Pick<EncoderInfo, "id" | "modality" | "sha256">,
  path?: string,
): void => {
  const installed = registry.list().find((info) => info.id === id && info.modality === modality);
  if (installed?.sha256 === sha256) return;
  const why =
    installed === undefined
      ? "is not installed here"
      : "is installed here with other weights than its vectors were made by";
  const fault = { message: `cannot be encoded: "${id}" ${why}; vectors are still accepted` };
  throw new AnchorageError("unprocessable", `The ${modality} encoder "${id}" ${why}.`, {
    faults: path === undefined ? [] : [{ path, ...fault }],
  });
};
