import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { z } from "zod";
import { AnchorageError } from "../errors.ts";

/**
 * Reads a JSON file of an encoder's folder by its schema.
 *
 * @throws AnchorageError `corrupt-file` that names the file, and each field of it that is wrong.
 */
export const readJson = async <Schema extends z.ZodType>(
  directory: string,
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> => {
  const found = await readJsonIfThere(directory, file, schema);
  if (found === undefined) throw wrongFolder(directory, `${file} is missing`);
  return found;
};

/** As {@link readJson}; undefined where there is no such file. */
export const readJsonIfThere = async <Schema extends z.ZodType>(
  directory: string,
  file: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> => {
  const text = await readIfThere(directory, file);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrongFolder(directory, `${file} is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")} ${message}`,
  );
  throw wrongFolder(directory, `${file}: ${faults.join("; ")}`);
};

const readIfThere = async (directory: string, file: string): Promise<string | undefined> => {
  try {
    return await readFile(join(directory, file), "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (ABSENT.has(code)) return undefined;
    throw wrongFolder(directory, `${file} cannot be read (${code})`);
  }
};

/** The second where a part of the path is a file. */
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const wrongFolder = (directory: string, what: string): AnchorageError =>
  new AnchorageError("corrupt-file", `Encoder folder "${basename(directory)}": ${what}.`);
