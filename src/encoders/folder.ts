import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { z } from "zod";
import { AnchorageError } from "../errors.ts";

/**
 * Reads and validates a JSON file in an encoder folder.
 *
 * @param file path relative to `directory`
 * @throws AnchorageError `corrupt-file` with the file name and every invalid field
 */
export const readFolderJson = async <Schema extends z.ZodType>(
  directory: string,
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> => {
  const found = await readJsonIfThere(directory, file, schema);
  if (found === undefined) throw wrongFolder(directory, `${file} is missing`);
  return found;
};

/** Like {@link readFolderJson}, but returns undefined if the file does not exist. */
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

/** ENOTDIR: a parent in the path is a file. */
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

/** Whether a file or folder exists. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A `corrupt-file` error about an encoder folder. */
export const wrongFolder = (directory: string, what: string): AnchorageError =>
  new AnchorageError("corrupt-file", `Encoder folder "${basename(directory)}": ${what}.`);
