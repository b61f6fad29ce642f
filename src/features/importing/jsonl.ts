import { parse as parsePath } from "node:path";
import { reject, type Reject, sizeOf } from "../files/index.ts";
import type { ImportedRow } from "./cells.ts";
import { findColumns } from "./columns.ts";
import { isJsonObject, jsonFault, parseLenientJson } from "./json.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import { linesOf } from "./text-lines.ts";
import type { PairSource } from "./types.ts";

/**
 * The lines of a file that each hold one JSON object; what is beside path, caption and id becomes metadata as it is.
 * Each line is read by its own keys, since they need not be the same, and one without a path or a caption is rejected.
 */
export const openJsonl = (file: string, options: TableOptions): PairSource => {
  let size = 0;
  let read = 0;

  return {
    unit: "row",
    entries: async function* () {
      read = 0;
      size = await sizeOf(file);
      yield* pairsOf(
        file,
        options,
        rowsOf(file, options, (bytes) => (read = bytes)),
      );
    },
    fraction: () => (size === 0 ? 0 : Math.min(1, read / size)),
  };
};

async function* rowsOf(
  file: string,
  options: TableOptions,
  onRead: (bytes: number) => void,
): AsyncGenerator<PlacedRow | Reject, void> {
  const stem = parsePath(file).name;
  let line = 0;
  for await (const text of linesOf(file, { onRead })) {
    line++;
    if (text.trim() === "") continue;
    const source = `${file}:${line}`;
    const row = parseRow(text);
    yield typeof row === "string" ? reject(source, row) : placeRow(row, options, source, `${stem}/${line}`);
  }
}

/** A row with its columns, or why it cannot be read. */
export const placeRow = (
  row: ImportedRow,
  options: TableOptions,
  source: string,
  otherwise: string,
): PlacedRow | Reject => {
  const columns = findColumns(Object.keys(row), options);
  return typeof columns === "string"
    ? reject(source, columns)
    : { kind: "row", row, columns, source, otherwise };
};

/** The object of a line, or why it is none. */
const parseRow = (text: string): ImportedRow | string => {
  try {
    const value = parseLenientJson(text);
    return isJsonObject(value) ? value : "is not a JSON object";
  } catch (error) {
    return jsonFault(error);
  }
};
