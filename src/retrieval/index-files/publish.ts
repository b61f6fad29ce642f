import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AnchorageError } from "../../errors.ts";
import type { CollectionName } from "../../types.ts";
import { filesNamedBy, readManifest, WORK } from "./manifest.ts";
import type { IndexFile, IndexManifest } from "./types.ts";

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
  readonly publish: (manifest: IndexManifest) => Promise<string>;
  /** Removes what was added and not published. */
  readonly close: () => Promise<void>;
}

/** What an index's files are for, which decides where its manifest lies and whose it must be. */
export interface IndexPlace {
  readonly directory: string;
  readonly collection: CollectionName;
  readonly profile: string;
}

/**
 * Makes the folder where it is not there, so that what keeps files from being written is known before the work.
 *
 * @throws AnchorageError `invalid-input` where it cannot be made or written to, `conflict` where the manifest's place
 * is taken by another collection's, or by another file
 */
export const prepareIndexFolder = async (place: IndexPlace): Promise<void> => {
  const { directory, collection } = place;
  await inFolder(directory, async () => {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  });
  const path = manifestPathOf(place);
  const before = await inFolder(directory, () => readManifest(path));
  if (before === null) return;
  if (before === "foreign") {
    throw new AnchorageError("conflict", `${path} is no description of index files, and is left as it is`);
  }
  if (before.collection !== collection) {
    throw new AnchorageError(
      "conflict",
      `${path} describes the index files of collection "${before.collection}"; name another folder by --out`,
    );
  }
};

const manifestPathOf = ({ directory, profile }: IndexPlace): string => join(directory, `${profile}.json`);

export const openIndexFolder = async (place: IndexPlace): Promise<IndexFolder> => {
  const { directory } = place;
  await prepareIndexFolder(place);
  const work = join(directory, `.building-${process.pid}`);
  await inFolder(directory, async () => {
    await removeKilledBuilds(directory);
    await mkdir(work, { recursive: true });
  });
  const added = new Set<string>();

  return {
    add: async (label, extension, write) => {
      const path = join(work, `${label}.${extension}`);
      return inFolder(directory, async () => {
        await write(path);
        await makeDurable(path);
        const sha256 = await sha256Of(path);
        const file = `${label}-${sha256.slice(0, 16)}.${extension}`;
        await rename(path, join(work, file));
        added.add(file);
        return { file, sha256, bytes: (await stat(join(work, file))).size };
      });
    },
    publish: async (manifest) => {
      await prepareIndexFolder(place);
      const path = manifestPathOf(place);
      const before = await filesNamedBy(path);
      await inFolder(directory, async () => {
        for (const file of added) await rename(join(work, file), join(directory, file));
      });
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

const FOLDER_FAULTS: Readonly<Record<string, string>> = {
  EEXIST: "is a file, and a folder is needed",
  ENOTDIR: "lies below a file",
  ENOENT: "lost files that were being written, as compaction does; build again",
  EACCES: "may not be written to",
  EPERM: "may not be written to",
  EROFS: "may not be written to",
  ENOSPC: "has no space left",
};

const inFolder = async <T>(directory: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const reason = FOLDER_FAULTS[(error as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw error;
    throw new AnchorageError("invalid-input", `${directory} ${reason}`, { cause: error });
  }
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

const namedInAll = async (directory: string): Promise<Set<string>> => {
  const manifests = (await readdir(directory)).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(manifests.map((name) => filesNamedBy(join(directory, name))));
  return new Set(files.flat());
};

const removeKilledBuilds = async (directory: string): Promise<void> => {
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
