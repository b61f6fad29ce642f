import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile, writeJson, type NamedFile } from "./files.ts";
import { manifestPath, workFolder, type BuildPlan, type BuiltManifest } from "./manifest.ts";
import type { RecallCurve } from "../recall.ts";
import type { Modality } from "../../types.ts";

const MODALITIES = ["image", "text"] as const;

/** Names of the files of built indexes, including earlier versions and their interrupted builds. */
const OURS =
  /^(anchors|ids|(image|text)(-[a-z0-9_-]+)?)-[0-9a-f]{16}\.(jsonl|fit|hnsw|lists|f32)$|^\.building-\d+$/;

/** The files of one modality's index: of a graph with its measured recall, or of lists. */
export type FinishedIndex =
  | { readonly graph: NamedFile; readonly curve: RecallCurve | null; readonly lists: null }
  | { readonly graph: null; readonly curve: null; readonly lists: NamedFile };

/** Moves the files of a build into place, then the manifest that references them, and deletes the previous ones. */
export const publishBuild = async (
  folder: string,
  plan: BuildPlan,
  indexes: Readonly<Record<Modality, FinishedIndex>>,
): Promise<BuiltManifest> => {
  const work = workFolder(folder);
  /** The name contains a hash of the contents, so that files in use by a running service are not overwritten. */
  const move = async (named: NamedFile, label: string, extension: string): Promise<NamedFile> => {
    const file = `${label}-${named.sha256.slice(0, 16)}.${extension}`;
    await rename(join(work, named.file), join(folder, file));
    return { ...named, file };
  };
  const anchors = await move(plan.anchors, "anchors", "jsonl");
  const built = async (modality: Modality) => {
    const { encoder, transform, fit, dimension } = plan.modalities[modality];
    const { graph, curve, lists } = indexes[modality];
    return {
      ...{ encoder, transform, dimension, curve },
      fit: fit === null ? null : await move(fit, modality, "fit"),
      graph: graph === null ? null : await move(graph, modality, "hnsw"),
      lists: lists === null ? null : await move(lists, modality, "lists"),
    };
  };
  const modalities = { image: await built("image"), text: await built("text") };
  const manifest: BuiltManifest = { ...plan, anchors, modalities };
  await writeJson(manifestPath(folder), manifest);
  await removeUnnamed(folder, manifest);
  return manifest;
};

/** Every file that a manifest references. */
export const filesOf = ({ anchors, modalities }: BuiltManifest): NamedFile[] => [
  anchors,
  ...MODALITIES.flatMap((modality) => {
    const { fit, graph, lists } = modalities[modality];
    return [fit, graph, lists].filter((file) => file !== null);
  }),
];

/**
 * Removes files that the manifest does not reference: those of earlier builds and versions, and of builds that ended
 * while publishing.
 *
 * @returns the number of removed files
 */
export const removeUnnamed = async (folder: string, manifest: BuiltManifest | undefined): Promise<number> => {
  const needed = new Set(manifest === undefined ? [] : filesOf(manifest).map(({ file }) => file));
  const old: string[] = [];
  for (const name of await namesIn(folder))
    if ((OURS.test(name) && !needed.has(name)) || (await isOldManifest(folder, name))) old.push(name);
  for (const name of old) await rm(join(folder, name), { recursive: true, force: true });
  return old.length;
};

/** Version 0.1 wrote `<profile>.json`; the files that it lists are removed with it. */
const oldManifest = z.looseObject({
  collection: z.string(),
  sequence: z.int(),
  ids: z.unknown(),
  indexes: z.looseObject({ image: z.unknown(), text: z.unknown() }),
});

const isOldManifest = async (folder: string, name: string): Promise<boolean> =>
  name.endsWith(".json") &&
  join(folder, name) !== manifestPath(folder) &&
  (await readJsonFile(join(folder, name), oldManifest)) !== undefined;

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
