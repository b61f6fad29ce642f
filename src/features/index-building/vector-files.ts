import { readFile } from "node:fs/promises";
import { AnchorageError } from "../../errors.ts";
import { fileFault } from "../files/index.ts";
import { openNpy, readNpyRows, VECTOR_ITEMS, type NpyRows, type OpenArray } from "../files/npy/index.ts";
import { openFvecs } from "./fvecs.ts";

/** Files of vectors computed elsewhere; line and row i of each belong to the same anchor. */
export interface VectorFiles {
  readonly images: string;
  readonly texts: string;
  /** One line of JSON for each anchor; default: ids are row numbers. */
  readonly ids?: string | undefined;
  readonly captions?: string | undefined;
}

/** The contents of the files. */
export interface VectorTable {
  readonly ids: readonly string[];
  readonly captions: readonly string[] | null;
  readonly images: NpyRows;
  readonly texts: NpyRows;
}

/** @throws AnchorageError `invalid-input` that names the file if it cannot be read or has another number of rows */
export const readVectorFiles = async (files: VectorFiles): Promise<VectorTable> => {
  const images = await readNpyRows([files.images], openVectors);
  const texts = await readNpyRows([files.texts], openVectors);
  const rowsIn = (path: string, rows: number): void => {
    if (rows !== images.rows)
      throw new AnchorageError(
        "invalid-input",
        `${path} has ${rows} rows, and ${files.images} has ${images.rows}`,
      );
  };
  rowsIn(files.texts, texts.rows);
  const lines = async (path: string): Promise<string[]> => {
    const read = await linesOf(path);
    rowsIn(path, read.length);
    return read;
  };
  const ids =
    files.ids === undefined
      ? Array.from({ length: images.rows }, (_, i) => String(i))
      : await lines(files.ids);
  const captions = files.captions === undefined ? null : await lines(files.captions);
  return { ids, captions, images, texts };
};

const openVectors: OpenArray = (path) =>
  path.endsWith(".fvecs") ? openFvecs(path) : openNpy(path, VECTOR_ITEMS);

const linesOf = async (path: string): Promise<string[]> => {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileFault(error, path);
  });
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
};
