import { readFile } from "node:fs/promises";
import { z } from "zod";

/** What an earlier build left when it was killed has the number of a process that is gone. */
export const WORK = /^\.building-(\d+)$/;

/** As a folder of index files names what it holds, beside the manifests. */
const BUILT = /^(ids|(image|text)-[a-z0-9_-]+)-[0-9a-f]{16}\.(jsonl|f32|hnsw)$/;

export const isBuilt = (name: string): boolean => BUILT.test(name);

const fileOf = z.object({ file: z.string() });
const indexOf = z.object({ exact: fileOf, hnsw: fileOf.nullable() });
const manifestSchema = z.object({
  collection: z.string(),
  sequence: z.number(),
  ids: fileOf,
  indexes: z.object({ image: indexOf, text: indexOf }),
});

/** Whose files a manifest names. */
export interface Named {
  readonly collection: string;
  readonly sequence: number;
  readonly files: readonly string[];
}

/** What the manifest at `path` names; null where nothing is there, `foreign` where it is none of ours. */
export const readManifest = async (path: string): Promise<Named | "foreign" | null> => {
  const text = await readIfThere(path);
  if (text === null) return null;
  const { data } = manifestSchema.safeParse(parseJson(text));
  if (data === undefined) return "foreign";
  const { collection, sequence, ids, indexes } = data;
  const files = [ids, indexes.image.exact, indexes.image.hnsw, indexes.text.exact, indexes.text.hnsw];
  return { collection, sequence, files: files.flatMap((entry) => (entry === null ? [] : [entry.file])) };
};

/** None where there is no such manifest, or it is none of ours. */
export const filesNamedBy = async (path: string): Promise<readonly string[]> => {
  const manifest = await readManifest(path);
  return manifest === null || manifest === "foreign" ? [] : manifest.files;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    // A folder of that name describes nothing either.
    if (code === "EISDIR") return "";
    throw error;
  }
};
