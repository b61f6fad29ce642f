import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A file referenced by the JSON file. */
export const namedFile = z.strictObject({
  file: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type NamedFile = z.infer<typeof namedFile>;

/** Flushes the file to disk and describes its contents. */
export const sealFile = async (path: string): Promise<NamedFile> => {
  const handle = await open(path, "r+");
  await handle.sync().finally(() => handle.close());
  return { file: basename(path), bytes: (await stat(path)).size, sha256: await sha256Of(path) };
};

/** Whether the file exists with the contents described. */
export const isIntact = async (path: string, { bytes, sha256 }: NamedFile): Promise<boolean> => {
  const { size } = await stat(path).catch(() => ({ size: -1 }));
  return size === bytes && (await sha256Of(path)) === sha256;
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

/** Replaces the file atomically: a reader sees the old or the new contents. */
export const writeJson = async (path: string, value: object): Promise<void> => {
  const handle = await open(`${path}.new`, "w");
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
};

/** The parsed contents; undefined if the file is missing or does not match the schema. */
export const readJsonFile = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
