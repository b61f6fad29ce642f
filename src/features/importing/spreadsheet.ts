import { readFile } from "node:fs/promises";
import { parse as parsePath } from "node:path";
import type { WorkBook } from "@e965/xlsx";
import { AnchorageError, messageOf } from "../../errors.ts";
import { fileFault, reject, type Reject, sizeOf } from "../files/index.ts";
import type { ImportedRow } from "./cells.ts";
import { chooseColumns, columnNames } from "./columns.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import type { PairSource } from "./types.ts";

/** A spreadsheet is read as a whole. */
const MAX_BYTES = 256 * 1024 * 1024;

type Cell = string | number | boolean | Date | null;

/**
 * The rows of one sheet of a spreadsheet (`.xlsx`, `.ods`) with a header: the sheet that `options.sheet` names, or the
 * first one. A column has one type, as in a CSV file: if some of its cells are texts, all become texts as they are shown.
 */
export const openSpreadsheet = (file: string, options: TableOptions): PairSource => {
  let rows = 0;
  let done = 0;

  return {
    unit: "row",
    entries: async function* () {
      done = 0;
      const placed = await readRows(file, options);
      rows = placed.length;
      yield* pairsOf(
        file,
        options,
        (async function* () {
          for (const row of placed) {
            done++;
            yield await Promise.resolve(row);
          }
        })(),
      );
    },
    fraction: () => (rows === 0 ? 0 : done / rows),
  };
};

const readRows = async (file: string, options: TableOptions): Promise<(PlacedRow | Reject)[]> => {
  const { name, values, shown } = await readSheet(file, options.sheet);
  const [header, ...cells] = values;
  if (header === undefined) return [];
  const names = columnNames(header.map((cell) => textIn(cell)));
  const columns = chooseColumns(`${file} (sheet "${name}")`, names, options);
  const texts = new Set([columns.path, columns.caption, columns.id]);
  const mixed = names.map((column, i) => texts.has(column) || isMixed(cells.map((row) => row[i] ?? null)));
  return cells.flatMap((row, at): (PlacedRow | Reject)[] => {
    if (row.every((cell) => cell === null || cell === "")) return [];
    const source = `${file}:${at + 2}`;
    if (row.length > names.length) return [reject(source, "the row has more cells than the header")];
    const cellOf = (i: number): Cell => (mixed[i] === true ? (shown[at + 1]?.[i] ?? null) : (row[i] ?? null));
    const values: ImportedRow = Object.fromEntries(names.map((column, i) => [column, cellOf(i)]));
    return [{ kind: "row", row: values, columns, source, otherwise: `${parsePath(file).name}/${at + 2}` }];
  });
};

interface Sheet {
  readonly name: string;
  readonly values: readonly (readonly Cell[])[];
  /** The same cells, as the spreadsheet shows them. */
  readonly shown: readonly (readonly (string | null)[])[];
}

const readSheet = async (file: string, wanted: string | undefined): Promise<Sheet> => {
  if ((await sizeOf(file)) > MAX_BYTES)
    throw new AnchorageError("too-large", `${file} is larger than 256 MiB; save it as .csv`);
  // Only a spreadsheet needs the library, which is large.
  const { read, utils } = await import("@e965/xlsx");
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileFault(error, file);
  });
  const book = parseBook(file, () => read(bytes, { cellDates: true, UTC: true, dense: true }));
  const [first] = book.SheetNames;
  const name = wanted ?? first;
  const sheet = name === undefined ? undefined : book.Sheets[name];
  if (name === undefined || sheet === undefined) {
    const names = book.SheetNames.map((known) => `"${known}"`).join(", ");
    throw new AnchorageError(
      "invalid-input",
      `${file}: there is no sheet "${name ?? ""}"; there are ${names}`,
    );
  }
  const options = { header: 1, blankrows: true, defval: null } as const;
  return {
    name,
    values: utils.sheet_to_json<Cell[]>(sheet, { ...options, raw: true, UTC: true }),
    shown: utils.sheet_to_json<(string | null)[]>(sheet, { ...options, raw: false, UTC: true }),
  };
};

const parseBook = (file: string, read: () => WorkBook): WorkBook => {
  try {
    return read();
  } catch (error) {
    throw new AnchorageError(
      "invalid-input",
      `${file} cannot be read as a spreadsheet: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
};

const isMixed = (cells: readonly Cell[]): boolean => {
  const types = new Set(cells.filter((cell) => cell !== null && cell !== "").map((cell) => typeof cell));
  return types.size > 1;
};

const textIn = (cell: Cell): string =>
  cell instanceof Date ? cell.toISOString() : cell === null ? "" : String(cell);
