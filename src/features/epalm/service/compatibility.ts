import type { Database } from "../../../store/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { AnchorageError, isAnchorageError } from "../../../errors.ts";
import type { AdapterSettings, DecoderModel } from "../index.ts";
import { ensureEncoder } from "../../../store/index.ts";
import type { EncoderInfo } from "../../../types.ts";
import type { Decoders } from "./decoders.ts";
import type { NamedLayer } from "./types.ts";

/** What an adapter says of a layer; of one that is only named nothing else is known. */
interface Source {
  readonly encoder: string;
  readonly sha256?: string;
}

/**
 * The layers whose features an adapter takes, of the encoders that are installed here.
 *
 * @throws AnchorageError `conflict` that names the first layer which is not here, or has other weights
 */
export const checkLayers = (
  registry: Pick<EncoderRegistry, "layer">,
  { features: sources }: { readonly features: readonly Source[] },
): EncoderInfo[] =>
  sources.map(({ encoder, sha256 }) => {
    const info = infoOf(registry, encoder);
    if (info === null)
      throw conflict(`takes features by "${encoder}", and there is no such layer or image encoder here`);
    if (sha256 !== undefined && info.sha256 !== sha256)
      throw conflict(
        `takes features by "${encoder}" with the hash ${sha256}; the one that is here has ${info.sha256}`,
      );
    return info;
  });

/** The same with their records. */
export const layersOfAdapter = async (
  store: Database,
  registry: Pick<EncoderRegistry, "layer">,
  settings: Pick<AdapterSettings, "features">,
): Promise<NamedLayer[]> =>
  Promise.all(
    checkLayers(registry, settings).map(async (info) => ({
      name: nameOfLayer(info.id),
      encoder: await ensureEncoder(store, info),
    })),
  );

/** The last part of a layer's id; of an encoder that serves as one all of it. */
export const nameOfLayer = (id: string): string => id.split("#").at(-1) ?? id;

/**
 * Holds an adapter against its decoder, where that is here.
 *
 * @throws AnchorageError `conflict` where the decoder has other weights; `unprocessable` where the adapter is for one of
 * another shape
 */
export const checkDecoder = async (decoders: Decoders, settings: AdapterSettings): Promise<void> => {
  const { id } = settings.decoder;
  const isHere = (await decoders.list()).some((decoder) => decoder.id === id && !("fault" in decoder));
  if (isHere) requireDecoder(await decoders.get(id), settings);
};

/** @throws as {@link checkDecoder} */
export const requireDecoder = ({ id, sha256, config }: DecoderModel, settings: AdapterSettings): void => {
  const { decoder, shape, vision } = settings;
  if (decoder.sha256 !== sha256)
    throw conflict(
      `is for the decoder "${id}" with the hash ${decoder.sha256}; the one that is here has ${sha256}`,
    );
  const faults: string[] = [];
  if (shape.hidden !== config.hidden)
    faults.push(
      `its connector gives ${shape.hidden} numbers, and the decoder's layers take ${config.hidden}`,
    );
  if (shape.wordWidth !== config.wordWidth)
    faults.push(`its prompt is ${shape.wordWidth} wide, and the decoder's words are ${config.wordWidth}`);
  if (vision?.kind === "epalm" && vision.injection.endLayer > config.layers)
    faults.push(`it goes up to layer ${vision.injection.endLayer}, and the decoder has ${config.layers}`);
  if (faults.length > 0)
    throw new AnchorageError("unprocessable", `The adapter does not fit its decoder: ${faults.join("; ")}.`);
};

const conflict = (what: string): AnchorageError => new AnchorageError("conflict", `The adapter ${what}.`);

const infoOf = (registry: Pick<EncoderRegistry, "layer">, id: string): EncoderInfo | null => {
  try {
    return registry.layer(id);
  } catch (error) {
    if (isAnchorageError(error) && error.code === "not-found") return null;
    throw error;
  }
};
