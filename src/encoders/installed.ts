import { AnchorageError, type FieldPath } from "../errors.ts";
import type { EncoderInfo } from "../types.ts";
import type { EncoderRegistry } from "./types.ts";

/**
 * Checks that an encoder is installed with the same weights that produced a collection's vectors.
 *
 * @param path the field of the caller's input that needs the encoder, for the fault
 * @throws AnchorageError `unprocessable` if it is not installed or has another SHA-256
 */
export const requireInstalled = (
  registry: Pick<EncoderRegistry, "list">,
  { id, modality, sha256 }: Pick<EncoderInfo, "id" | "modality" | "sha256">,
  path?: FieldPath,
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
