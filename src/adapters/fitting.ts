import type { EncoderRegistry } from "../encoders/index.ts";
import { AnchorageError, isAnchorageError } from "../errors.ts";
import type { AdapterSettings } from "../epalm/index.ts";
import type { Store } from "../store/index.ts";
import type { LayerTold } from "./types.ts";

/**
 * The layers whose features an adapter takes, of the encoders that are installed here.
 *
 * @throws AnchorageError `conflict` that names the first layer which is not here, or has other weights
 */
export const layersOfAdapter = async (
  store: Pick<Store, "ensureEncoder">,
  registry: Pick<EncoderRegistry, "layer">,
  { features }: Pick<AdapterSettings, "features">,
): Promise<LayerTold[]> => {
  const infos = features.map(({ encoder, sha256 }) => {
    const info = found(registry, encoder);
    if (info === null)
      throw new AnchorageError(
        "conflict",
        `The adapter takes features by "${encoder}", which is not installed here.`,
      );
    if (info.sha256 !== sha256)
      throw new AnchorageError(
        "conflict",
        `The adapter takes features by "${encoder}" with the hash ${sha256}; the one that is installed here has ${info.sha256}.`,
      );
    return info;
  });
  return Promise.all(
    infos.map(async (info) => ({
      name: info.id.split("#").at(-1) ?? info.id,
      encoder: await store.ensureEncoder(info),
    })),
  );
};

const found = (registry: Pick<EncoderRegistry, "layer">, id: string) => {
  try {
    return registry.layer(id);
  } catch (error) {
    if (isAnchorageError(error) && error.code === "not-found") return null;
    throw error;
  }
};
