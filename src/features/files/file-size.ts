import { stat } from "node:fs/promises";
import { fileFault } from "./file-fault.ts";

/** In bytes. @throws AnchorageError `invalid-input` that names the file where it cannot be read. */
export const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw fileFault(error, file);
  }
};
