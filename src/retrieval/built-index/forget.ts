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
} from "./manifest.ts";
import type { BuildSubject } from "./plan.ts";
import { filesOf, removeUnnamed } from "./publish.ts";

/** How a build that is being deleted is named, or was when the process that deleted it ended. */
const DISCARDED = "building-discarded-";
const MODALITIES = ["image", "text"] as const;

/**
 * Removes the index, and the build under way, that hold a vector of an anchor that is deleted or replaced by now, or of
 * another encoder; and what earlier versions and ended builds left. A build under way fails then.
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

/** As {@link forgetGone}, for an index that was built before `erased` and brought back since. */
export const forgetErased = async (
  folder: string,
  subject: Pick<BuildSubject, "collection" | "encoders" | "view">,
  erased: Sequence,
): Promise<boolean> => {
  const manifest = await readJsonFile(manifestPath(folder), manifestSchema);
  return manifest !== undefined && manifest.sequence < erased && forgetGone(folder, subject);
};

/** Removes the index, and what earlier versions and ended builds left. */
export const removeBuilt = async (folder: string, manifest?: BuiltManifest): Promise<boolean> => {
  const known = manifest ?? (await readJsonFile(manifestPath(folder), manifestSchema));
  // First, so that what it names is not looked for any more.
  if (known !== undefined) await rm(manifestPath(folder), { force: true });
  for (const { file } of known === undefined ? [] : filesOf(known))
    await rm(join(folder, file), { force: true });
  const unnamed = await removeUnnamed(folder, undefined);
  await rmdir(folder).catch(() => undefined);
  return known !== undefined || unnamed > 0;
};

/** Removes everything of a collection that is gone. */
export const removeAll = async (folder: string): Promise<boolean> => {
  await discardWork(folder);
  return removeBuilt(folder);
};

/** Moved away first, so that a process that builds there adds nothing to it while it is deleted. */
const discardWork = async (folder: string): Promise<void> => {
  await rename(workFolder(folder), join(folder, `${DISCARDED}${randomBytes(8).toString("hex")}`)).catch(
    (error: unknown) => {
      if (!isMissing(error)) throw error;
    },
  );
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(DISCARDED)) await rm(join(folder, name), { recursive: true, force: true });
};

/** Whether each vector that the files hold is still an anchor's. */
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
