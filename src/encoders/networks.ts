import { join } from "node:path";
import type { EncoderLayer, Log } from "../types.ts";
import { exists } from "./folder.ts";
import { listedLayer } from "./layers.ts";
import { infoOf, leftOut, type Registered } from "./read-folders.ts";
import type { SharedNetwork } from "./source.ts";

/** The encoders that are cuts of shared networks under `directory`, built or not. */
export const cutsOf = (networks: readonly SharedNetwork[], directory: string): Registered[] =>
  networks.flatMap((network) =>
    network.cuts.map((manifest) => ({
      directory: join(directory, network.id),
      manifest,
      info: infoOf(manifest),
      layers: [],
      network,
    })),
  );

/** The folders of the networks in `cuts` that are built already. */
export const madeNetworks = async (cuts: readonly Registered[]): Promise<Set<string>> => {
  const made = new Set<string>();
  for (const { directory, manifest } of cuts)
    if (await exists(join(directory, manifest.files.model))) made.add(directory);
  return made;
};

/** Adds `cuts` to `registered`. If a folder has the id of a cut, the folder takes precedence and the cut is logged. */
export const addCuts = (
  registered: Map<string, Registered>,
  cuts: readonly Registered[],
  log: Log,
): Registered[] => {
  for (const cut of cuts) {
    const known = registered.get(cut.info.id);
    if (known === undefined) registered.set(cut.info.id, cut);
    else leftOut(cut.directory, `${known.directory} has the id "${cut.info.id}" already`, log);
  }
  return inOrder([...registered.values()]);
};

/** Sorts image encoders first, then by id. */
const inOrder = (registered: readonly Registered[]): Registered[] =>
  [...registered].sort(
    (a, b) => a.info.modality.localeCompare(b.info.modality) || (a.info.id < b.info.id ? -1 : 1),
  );

/** Encoders served by one run of a network, with their positions in the request. */
export interface Pass {
  /** Folder of the network; the manifest of the first cut opens it. */
  readonly directory: string;
  readonly cuts: Registered[];
  readonly places: number[];
}

/**
 * How far a pass needs its network: the outputs up to the deepest one, shallowest first. Null where it needs all, and for
 * an encoder with a folder of its own.
 */
export const outputsOf = (cuts: readonly Registered[]): readonly string[] | null => {
  const known = cuts[0]?.network?.outputs;
  if (known === undefined) return null;
  const deepest = Math.max(...cuts.map(({ manifest }) => known.indexOf(manifest.output ?? "")));
  return deepest === known.length - 1 ? null : known.slice(0, deepest + 1);
};

/** Groups encoders that one run of a network can serve. */
export const passesOf = (wanted: readonly Registered[]): Pass[] => {
  const passes = new Map<string, Pass>();
  const networks = new Map(
    wanted.flatMap((cut) => (cut.network === undefined ? [] : [[cut.network.id, cut] as const])),
  );
  wanted.forEach((encoder, place) => {
    const cut = standIn(encoder, [...networks.values()]) ?? encoder;
    const pass = passes.get(cut.directory) ?? { directory: cut.directory, cuts: [], places: [] };
    passes.set(cut.directory, pass);
    pass.cuts.push(cut);
    pass.places.push(place);
  });
  return [...passes.values()];
};

/**
 * Lists the layers of an encoder: those that it declares, or those of the network that it is a cut of, if they are
 * registered.
 */
export const layersOf = (encoder: Registered, registered: readonly Registered[]): EncoderLayer[] => {
  if (encoder.layers.length > 0) return encoder.layers.map(({ name, info }) => listedLayer(name, info));
  const { id, sha256 } = encoder.info;
  const networks = new Set(registered.flatMap(({ network }) => network ?? []));
  for (const network of networks) {
    const isStandIn = network.standIns.some(
      ({ fingerprint, manifest }) => manifest.id === id && fingerprint === sha256,
    );
    if (network === encoder.network || isStandIn)
      return network.layers.flatMap(({ name, id: layer }) => {
        const found = registered.find(({ info }) => info.id === layer && info.modality === "image");
        return found === undefined ? [] : [listedLayer(name, found.info)];
      });
  }
  return [];
};

/** The output of an already requested network that is bit for bit the output of this encoder, if there is one. */
const standIn = (encoder: Registered, running: readonly Registered[]): Registered | undefined => {
  for (const cut of running) {
    const found = cut.network?.standIns.find(
      ({ fingerprint, manifest }) => manifest.id === encoder.info.id && fingerprint === encoder.info.sha256,
    );
    if (found !== undefined) return { ...cut, manifest: found.manifest, info: encoder.info };
  }
  return undefined;
};
