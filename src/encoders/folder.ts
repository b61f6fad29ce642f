import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AnchorageError } from "../errors.ts";

/** Reads a file of an encoder's folder as JSON. @throws AnchorageError `corrupt-file` where it is missing or no JSON. */
export const readJson = async (directory: string, file: string): Promise<unknown> => {
  let text: string;
  try {
    text = await readFile(join(directory, file), "utf8");
  } catch {
    throw wrongFolder(directory, `${file} is missing`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrongFolder(directory, `${file} is not JSON`);
  }
};

export const firstExisting = async (
  directory: string,
  files: readonly string[],
): Promise<string | undefined> => {
  for (const file of files) if (await exists(join(directory, file))) return file;
  return undefined;
};

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const wrongFolder = (directory: string, what: string): AnchorageError =>
  new AnchorageError("corrupt-file", `Encoder folder "${basename(directory)}": ${what}.`);
