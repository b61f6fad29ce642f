import { readFile } from "node:fs/promises";
import { fileFault } from "./file-fault.ts";

/** A UTF-8 file. @throws AnchorageError `invalid-input` that names it where it cannot be read. */
export const readTextFile = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileFault(error, path);
  }
};
