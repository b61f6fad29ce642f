import { isAnchorageError } from "../../errors.ts";
import { isImageExtension } from "../files/index.ts";
import type { JsonValue } from "../../types.ts";
import { findColumns, columnNames } from "./columns.ts";
import { isQuoted, plainRecords, quotedRecords, type TextRecord } from "./csv-records.ts";
import type { TableOptions } from "./table-options.ts";
import { linesOf } from "./text-lines.ts";

const DELIMITERS = [",", "\t", ";", "|"];
/** `name.jpg#0`, as Flickr30k's token files number the captions of an image. */
const NUMBERED = /^(.+\.([a-z]+))#\d+$/i;

type CellType = "number" | "boolean" | "text";

/** How a file of separated values is to be read. */
export interface CsvLayout {
  readonly names: readonly string[];
  /** One type for each column: a number only if each of its cells is one. */
  readonly types: readonly CellType[];
  /** Whether the first record names the columns. */
  readonly header: boolean;
  readonly records: (onRead?: (bytes: number) => void) => AsyncGenerator<TextRecord, void>;
}

/**
 * Reads a file once to learn its separator, its quotes and the types of its columns.
 *
 * @returns null for a file without a row
 * @throws AnchorageError `invalid-input` if it cannot be read
 */
export const readLayout = async (file: string, options: TableOptions): Promise<CsvLayout | null> => {
  const first = await firstLine(file);
  if (first === undefined) return null;
  const delimiter = options.delimiter ?? sniffDelimiter(first, options);
  const quoted = delimiter !== "\t" || (await isQuoted(file, delimiter));
  const read = quoted ? quotedRecords : plainRecords;
  const records: CsvLayout["records"] = (onRead) => read(file, delimiter, onRead);
  const types: CellType[] = [];
  let header: readonly string[] | undefined;
  try {
    for await (const { cells } of records()) {
      if (header === undefined) header = cells;
      else addTypes(types, cells);
    }
  } catch (error) {
    // A break in the file is reported when its rows are read.
    if (!isAnchorageError(error) || error.code !== "corrupt-file") throw error;
  }
  if (header === undefined) return null;
  const names = namesWithout(header, options);
  return {
    names: names ?? columnNames(header),
    types: header.map((_, i) => types[i] ?? "text"),
    header: names === null,
    records,
  };
};

const firstLine = async (file: string): Promise<string | undefined> => {
  for await (const line of linesOf(file)) if (line.trim() !== "") return line;
  return undefined;
};

/** The separator by which the header has the columns that are needed, else the one that it holds most often. */
const sniffDelimiter = (header: string, options: TableOptions): string => {
  const cellsBy = (delimiter: string) => header.split(delimiter).map((cell) => cell.replaceAll('"', ""));
  const fitting = DELIMITERS.find(
    (delimiter) => typeof findColumns(columnNames(cellsBy(delimiter)), options) !== "string",
  );
  if (fitting !== undefined) return fitting;
  const [most = ","] = DELIMITERS.toSorted((a, b) => cellsBy(b).length - cellsBy(a).length);
  return most;
};

/** Names for the columns of a file whose first record is a row: an image and its caption. Null if it is a header. */
const namesWithout = (first: readonly string[], options: TableOptions): string[] | null => {
  if (first.length !== 2 || typeof findColumns(columnNames(first), options) !== "string") return null;
  const images = first.map(isImagePath);
  if (images[0] === images[1]) return null;
  const [path = "image", caption = "caption"] = [options.path, options.caption];
  return images[0] === true ? [path, caption] : [caption, path];
};

const isImagePath = (cell: string): boolean => {
  const name = pathWithoutNumber(cell.trim());
  const [, extension = ""] = /\.([a-z]+)$/i.exec(name) ?? [];
  return isImageExtension(extension);
};

/** `fox.jpg` for `fox.jpg#2`; any other path as it is. */
export const pathWithoutNumber = (path: string): string => {
  const [, name, extension = ""] = NUMBERED.exec(path) ?? [];
  return name !== undefined && isImageExtension(extension) ? name : path;
};

const addTypes = (types: CellType[], cells: readonly string[]): void => {
  cells.forEach((cell, i) => {
    if (cell === "") return;
    const type = typeOf(cell);
    types[i] = types[i] === undefined || types[i] === type ? type : "text";
  });
};

const typeOf = (cell: string): CellType => {
  if (cell === "true" || cell === "false") return "boolean";
  const number = Number(cell);
  if (String(number) !== cell || !Number.isFinite(number)) return "text";
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? "text" : "number";
};

/** A cell by the type of its column; null if it is empty. */
export const typedCell = (cell: string, type: CellType): JsonValue => {
  if (cell === "") return null;
  switch (type) {
    case "number":
      return Number(cell);
    case "boolean":
      return cell === "true";
    case "text":
      return cell;
  }
};
