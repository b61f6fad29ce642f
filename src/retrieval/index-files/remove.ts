import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CollectionName, Sequence } from "../../types.ts";
import { isBuilt, readManifest, WORK } from "./manifest.ts";

/**
 * Removes the files that were built of a collection before `sequence`, those of killed builds among them; they hold
 * vectors and ids of anchors that may be deleted since. A build that is under way fails.
 *
 * @param directory where `build-index` puts the files of all collections, in a folder each
 * @returns how many were removed
 */
export const removeIndexFiles = async (
  directory: string,
  collection: CollectionName,
  sequence: Sequence,
): Promise<number> => {
  const folder = join(directory, collection);
  const names = await readdir(folder).catch(() => []);
  const needed = new Set<string>();
  const old = names.filter((name) => WORK.test(name) || isBuilt(name));
  for (const name of names.filter((other) => other.endsWith(".json"))) {
    const manifest = await readManifest(join(folder, name));
    if (manifest === null || manifest === "foreign") continue;
    if (manifest.collection === collection && manifest.sequence < sequence) old.push(name);
    else for (const file of manifest.files) needed.add(file);
  }
  const removed = old.filter((name) => !needed.has(name));
  for (const name of removed) await rm(join(folder, name), { recursive: true, force: true });
  return removed.length;
};
