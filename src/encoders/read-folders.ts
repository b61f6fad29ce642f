import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { EncoderId, EncoderInfo, Log } from "../types.ts";
import type { SharedNetwork } from "./source.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { exists, readJsonIfThere, wrongFolder } from "./folder.ts";
import { readHuggingFaceFolder } from "./hugging-face.ts";
import { readLayers, type LayerDefinition } from "./layers.ts";
import { encoderManifest, LAYERS_FILE, layerList, MANIFEST_FILE, type EncoderManifest } from "./manifest.ts";

/** A registered encoder and its folder. */
export interface Registered {
  readonly directory: string;
  readonly manifest: EncoderManifest;
  readonly info: EncoderInfo;
  /** The layers that its manifest declares. */
  readonly layers: readonly LayerDefinition[];
  /** The shared network that it is a cut of, built on first use; absent for an encoder with its own folder. */
  readonly network?: SharedNetwork;
}

/**
 * Reads every subfolder of `folders` as an encoder. Invalid folders are skipped and logged; if two have the same id, the
 * first counts. Folders whose names start with a dot are ignored, because they are incomplete imports.
 *
 * @returns encoders by id
 */
export const readFolders = async (folders: readonly string[], log: Log): Promise<Map<string, Registered>> => {
  const registered = new Map<string, Registered>();
  for (const folder of folders) {
    for (const directory of await subfolders(folder, log)) {
      try {
        const found = await readFolder(directory);
        const known = registered.get(found.info.id);
        if (known === undefined) registered.set(found.info.id, found);
        else leftOut(directory, `${known.directory} has the id "${found.info.id}" already`, log);
      } catch (error) {
        leftOut(directory, messageOf(error), log);
      }
    }
  }
  return registered;
};

/**
 * Reads an encoder folder: from `encoder.json` if it exists, otherwise as Hugging Face layout.
 *
 * @throws AnchorageError `corrupt-file` that names what is missing or invalid
 */
export const readFolder = async (directory: string): Promise<Registered> => {
  const manifest =
    (await readJsonIfThere(directory, MANIFEST_FILE, encoderManifest)) ??
    (await withLayers(directory, await readHuggingFaceFolder(directory)));
  for (const file of Object.keys(manifest.sha256))
    if (!(await exists(join(directory, file)))) throw wrongFolder(directory, `${file} is missing`);
  const layers = await readLayers(directory, manifest);
  return { directory, manifest, info: infoOf(manifest), layers };
};

const withLayers = async (directory: string, manifest: EncoderManifest): Promise<EncoderManifest> => {
  if (manifest.modality === "text") return manifest;
  const layers = await readJsonIfThere(directory, LAYERS_FILE, layerList);
  return layers === undefined ? manifest : { ...manifest, layers };
};

/** Logs that a folder was skipped, and why. */
export const leftOut = (directory: string, why: string, log: Log): void =>
  log.warn(`encoder folder ${directory} is left out: ${why.replaceAll("\n", " ")}`);

const subfolders = async (folder: string, log: Log): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
      .map((entry) => join(folder, entry.name))
      .sort();
  } catch (error) {
    // The folder of custom encoders is optional.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") leftOut(folder, messageOf(error), log);
    return [];
  }
};

/** The public description of an encoder. */
export const infoOf = (manifest: EncoderManifest): EncoderInfo => ({
  id: manifest.id as EncoderId,
  modality: manifest.modality,
  dimension: manifest.dimension,
  default: manifest.default,
  sha256: fingerprintOf(manifest),
  source: manifest.source,
  licence: manifest.licence,
});
