import type { EncoderRegistry } from "../../encoders/index.ts";
import { invalidField } from "../../errors.ts";
import { type EncoderRecord, type Store, ensureEncoder } from "../../store/index.ts";
import type { Modality } from "../../types.ts";

/**
 * The encoders that a request names, each once, or all that there are.
 *
 * @throws AnchorageError `invalid-input` that names the first id which is not registered
 */
export const chooseEncoders = async (
  store: Store,
  registry: EncoderRegistry,
  modality: Modality,
  ids: readonly string[] | undefined,
): Promise<EncoderRecord[]> => {
  const known = registry.list().filter((info) => info.modality === modality);
  const wanted =
    ids === undefined
      ? known
      : [...new Set(ids)].map((id) => {
          const info = known.find((one) => one.id === id);
          if (info !== undefined) return info;
          const names = known.map((one) => `"${one.id}"`).join(", ");
          throw invalidField(
            [`${modality}Encoders`, ids.indexOf(id)],
            `there is no ${modality} encoder "${id}"; there are ${names === "" ? "none" : names}`,
          );
        });
  if (wanted.length === 0)
    throw invalidField([`${modality}Encoders`], `there is no ${modality} encoder here`);
  return Promise.all(wanted.map((info) => ensureEncoder(store, info)));
};
