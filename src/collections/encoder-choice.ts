import { createHash } from "node:crypto";
import type { EncoderChoice, ExternalEncoder } from "../api/collections.ts";
import type { EncoderRegistry } from "../encoders/index.ts";
import { invalidField } from "../errors.ts";
import { type EncoderRecord, type Store, ensureEncoder } from "../store/index.ts";
import type { EncoderId, Modality } from "../types.ts";

/**
 * The stored record of the encoder that a caller chose, or of the default where none was.
 *
 * @throws AnchorageError `invalid-input` that lists the encoders there are, for one that is not registered.
 */
export const chooseEncoder = async (
  store: Store,
  encoders: EncoderRegistry,
  modality: Modality,
  choice: EncoderChoice | undefined,
): Promise<EncoderRecord> => {
  if (choice === undefined) return ensureEncoder(store, encoders.defaultOf(modality));
  if (typeof choice === "string") {
    const known = encoders.list().filter((info) => info.modality === modality);
    const info = known.find(({ id }) => id === choice);
    if (info !== undefined) return ensureEncoder(store, info);
    throw invalidField(
      [`${modality}Encoder`],
      `there is no ${modality} encoder "${choice}"; there are ${known.map(({ id }) => `"${id}"`).join(", ")}`,
    );
  }
  const { dimension, ...identity } = choice.external;
  return ensureEncoder(
    store,
    {
      id: `external-${dimension}` as EncoderId,
      modality,
      dimension,
      default: false,
      sha256: hashOf(identity),
      source: "external",
      licence: "",
    },
    identity,
  );
};

/** Tells external encoders of different names or fingerprints apart. */
const hashOf = ({ name, fingerprint }: Omit<ExternalEncoder, "dimension">): string =>
  name === undefined && fingerprint === undefined
    ? ""
    : createHash("sha256")
        .update(JSON.stringify([name ?? null, fingerprint ?? null]))
        .digest("hex");

/** The choice as the caller would write it. */
export const choiceOf = ({ external, id, dimension, name, fingerprint }: EncoderRecord): EncoderChoice => {
  if (!external) return id;
  return {
    external: {
      dimension,
      ...(name === undefined ? {} : { name }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    },
  };
};
