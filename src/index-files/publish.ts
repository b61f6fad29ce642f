import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { IndexFile, IndexManifest } from "./types.ts";

/** What an earlier build left when it was killed has the number of a process that is gone. */
const WORK = /^\.building-(\d+)$/;

const fileOf = z.object({ file: z.string() });
const indexOf = z.object({ exact: fileOf, hnsw: fileOf.nullable() });
const named = z.object({ ids: fileOf, indexes: z.object({ image: indexOf, text: indexOf }) });

/** A folder of index files that are written aside and appear when they are whole. */
export interface IndexFolder {
  /** A path for `write` to fill; the file is then made durable and gets a name that its contents decide. */
  readonly add: (
    label: string,
    extension: string,
    write: (path: string) => Promise<unknown>,
  ) => Promise<IndexFile>;
  /**
   * Puts the added files in their places and then, at once, the manifest that names them; files of the manifest before
   * it that no other one names are deleted.
   *
   * @returns the manifest's path
   */
  readonly publish: (name: string, manifest: IndexManifest) => Promise<string>;
  /** Removes what was added and not published. */
  readonly close: () => Promise<void>;
}

export const openIndexFolder = async (directory: string): Promise<IndexFolder> => {
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  const work = join(directory, `.building-${process.pid}`);
  await mkdir(work, { recursive: true });
  const added = new Set<string>();

  return {
    add: async (label, extension, write) => {
      const path = join(work, `${label}.${extension}`);
      await write(path);
      await makeDurable(path);
      const sha256 = await sha256Of(path);
      const file = `${label}-${sha256.slice(0, 16)}.${extension}`;
      await rename(path, join(work, file));
      added.add(file);
      return { file, sha256, bytes: (await stat(join(work, file))).size };
    },
    publish: async (name, manifest) => {
      const path = join(directory, `${name}.json`);
      const before = await filesNamedBy(path);
      for (const file of added) await rename(join(work, file), join(directory, file));
      const draft = join(work, "manifest.json");
      const handle = await open(draft, "w");
      await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`).finally(() => handle.close());
      await makeDurable(draft);
      await rename(draft, path);
      const needed = await namedInAll(directory);
      for (const file of before) if (!needed.has(file)) await rm(join(directory, file), { force: true });
      return path;
    },
    close: () => rm(work, { recursive: true, force: true }),
  };
};

const makeDurable = async (path: string): Promise<void> => {
  const handle = await open(path, "r+");
  await handle.sync().finally(() => handle.close());
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

/** None where there is no such manifest, or it is none of ours. */
const filesNamedBy = async (path: string): Promise<string[]> => {
  try {
    const { ids, indexes } = named.parse(JSON.parse(await readFile(path, "utf8")));
    const files = [ids, indexes.image.exact, indexes.image.hnsw, indexes.text.exact, indexes.text.hnsw];
    return files.flatMap((entry) => (entry === null ? [] : [entry.file]));
  } catch {
    return [];
  }
};

const namedInAll = async (directory: string): Promise<Set<string>> => {
  const manifests = (await readdir(directory)).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(manifests.map((name) => filesNamedBy(join(directory, name))));
  return new Set(files.flat());
};

const removeLeftovers = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    const [, pid] = WORK.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(directory, name), { recursive: true });
  }
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
