import { join } from "node:path";
import type { EncoderLayer, Log } from "../types.ts";
import { NETWORKS } from "./defaults/index.ts";
import { exists } from "./folder.ts";
import { listedLayer } from "./layers.ts";
import { infoOf, leftOut, type Registered } from "./read-folders.ts";

/** The encoders that are cuts of the networks under `directory`, whether or not they have been made yet. */
export const readNetworks = (directory: string): Registered[] =>
  NETWORKS.flatMap((network) =>
    network.cuts.map((manifest) => ({
      directory: join(directory, network.id),
      manifest,
      info: infoOf(manifest),
      layers: [],
      network,
    })),
  );

/** Those of `cuts` whose network has been made, by its folder. */
export const madeNetworks = async (cuts: readonly Registered[]): Promise<Set<string>> => {
  const made = new Set<string>();
  for (const { directory, manifest } of cuts)
    if (await exists(join(directory, manifest.files.model))) made.add(directory);
  return made;
};

/** Adds `cuts` to `registered`; a folder of a cut's id counts, and the cut is left out with a line that says so. */
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

/** Images first, then by id. */
const inOrder = (registered: readonly Registered[]): Registered[] =>
  [...registered].sort(
    (a, b) => a.info.modality.localeCompare(b.info.modality) || (a.info.id < b.info.id ? -1 : 1),
  );

/** Encoders that run together, and where each stood in what was asked for. */
export interface Pass {
  /** Of the network's files; the first of them opens it. */
  readonly directory: string;
  readonly cuts: Registered[];
  readonly places: number[];
}

/** Puts encoders together that one run of a network serves. */
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
 * The layers of an encoder: those that it declares, or those of the network that it is a cut of; of these only what is
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

/** The output of a network which runs anyway that is this encoder's, bit for bit. */
const standIn = (encoder: Registered, running: readonly Registered[]): Registered | undefined => {
  for (const cut of running) {
    const found = cut.network?.standIns.find(
      ({ fingerprint, manifest }) => manifest.id === encoder.info.id && fingerprint === encoder.info.sha256,
    );
    if (found !== undefined) return { ...cut, manifest: found.manifest, info: encoder.info };
  }
  return undefined;
};
