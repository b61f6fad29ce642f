import { randomBytes } from "node:crypto";
import { readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Sequence } from "../../types.ts";
import { matchAnchors } from "../adoption.ts";
import { readAnchors } from "./anchors-file.ts";
import { isMissing, readJsonFile } from "./files.ts";
import {
  manifestPath,
  manifestSchema,
  planPath,
  planSchema,
  workFolder,
  type BuildPlan,
  type BuiltManifest,
  type BuildSubject,
} from "./manifest.ts";
import { filesOf, removeUnnamed } from "./publish.ts";

/** Name of a build that is being deleted, or whose deletion was interrupted. */
const DISCARDED = "building-discarded-";
const MODALITIES = ["image", "text"] as const;

/**
 * Removes the index and the running build if they contain a vector of a deleted or replaced anchor or of another
 * encoder, and leftovers of earlier versions and builds. A running build then fails.
 *
 * @returns whether anything was removed
 */
export const forgetGone = async (
  folder: string,
  subject: Pick<BuildSubject, "collection" | "encoders" | "view">,
): Promise<boolean> => {
  const manifest = await readJsonFile(manifestPath(folder), manifestSchema);
  const work = workFolder(folder);
  const plan = await readJsonFile(planPath(work), planSchema);
  const isKept = manifest !== undefined && (await isPresent(folder, manifest, subject));
  if (plan === undefined || !(await isPresent(work, plan, subject))) await discardWork(folder);
  if (isKept) return (await removeUnnamed(folder, manifest)) > 0;
  return removeBuilt(folder, manifest);
};

/** Like {@link forgetGone}, for an index that was built before the sequence `erased` and restored later. */
export const forgetErased = async (
  folder: string,
  subject: Pick<BuildSubject, "collection" | "encoders" | "view">,
  erased: Sequence,
): Promise<boolean> => {
  const manifest = await readJsonFile(manifestPath(folder), manifestSchema);
  return manifest !== undefined && manifest.sequence < erased && forgetGone(folder, subject);
};

/** Removes the index and leftovers of earlier versions and builds. */
export const removeBuilt = async (folder: string, manifest?: BuiltManifest): Promise<boolean> => {
  const known = manifest ?? (await readJsonFile(manifestPath(folder), manifestSchema));
  // Removed first, so that no reader looks for the files that it references.
  if (known !== undefined) await rm(manifestPath(folder), { force: true });
  for (const { file } of known === undefined ? [] : filesOf(known))
    await rm(join(folder, file), { force: true });
  const unnamed = await removeUnnamed(folder, undefined);
  await rmdir(folder).catch(() => undefined);
  return known !== undefined || unnamed > 0;
};

/** Removes all files of a deleted collection. */
export const removeAll = async (folder: string): Promise<boolean> => {
  await discardWork(folder);
  return removeBuilt(folder);
};

/** Renamed first, so that a running build cannot add files while the folder is deleted. */
const discardWork = async (folder: string): Promise<void> => {
  await rename(workFolder(folder), join(folder, `${DISCARDED}${randomBytes(8).toString("hex")}`)).catch(
    (error: unknown) => {
      if (!isMissing(error)) throw error;
    },
  );
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(DISCARDED)) await rm(join(folder, name), { recursive: true, force: true });
};

/** Whether each vector in the files still belongs to an anchor. */
const isPresent = async (
  folder: string,
  { collection, anchors, count, modalities }: BuildPlan | BuiltManifest,
  subject: Pick<BuildSubject, "collection" | "encoders" | "view">,
): Promise<boolean> => {
  if (!isDeepStrictEqual(collection, subject.collection)) return false;
  const known = await readAnchors(join(folder, anchors.file), count).catch(() => undefined);
  if (known === undefined) return false;
  for (const modality of MODALITIES) {
    if (!isDeepStrictEqual(modalities[modality].encoder, subject.encoders[modality])) return false;
    if ((await matchAnchors(subject.view, known, modality)).gone > 0) return false;
  }
  return true;
};
