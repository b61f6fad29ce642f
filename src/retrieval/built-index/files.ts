import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A file beside the JSON that names it. */
export const namedFile = z.strictObject({
  file: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type NamedFile = z.infer<typeof namedFile>;

/** Makes the file durable and says what is in it. */
export const sealFile = async (path: string): Promise<NamedFile> => {
  const handle = await open(path, "r+");
  await handle.sync().finally(() => handle.close());
  return { file: basename(path), bytes: (await stat(path)).size, sha256: await sha256Of(path) };
};

/** Whether the file is there and holds what it did when it was sealed. */
export const isIntact = async (path: string, { bytes, sha256 }: NamedFile): Promise<boolean> => {
  const { size } = await stat(path).catch(() => ({ size: -1 }));
  return size === bytes && (await sha256Of(path)) === sha256;
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

/** Replaces the file at once: whoever reads it sees the old content or the new. */
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

/** What the file says; undefined where there is none, or it is not of this form. */
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
