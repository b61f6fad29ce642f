import { parse as parsePath } from "node:path";
import { AnchorageError } from "../../errors.ts";
import { reject, type Reject, sizeOf } from "../files/index.ts";
import type { JsonValue } from "../../types.ts";
import { findColumns, type Columns } from "./columns.ts";
import { pathWithoutNumber, readLayout, typedCell, type CsvLayout } from "./csv-layout.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import type { PairSource } from "./types.ts";

/**
 * The rows of a file of separated values with a header: `.csv`, `.tsv`, and Flickr30k's `.token`, which has none. The
 * separator is `options.delimiter`, or the one of comma, tab, semicolon and bar that fits the header. Quotes of a
 * tab-separated file mean something only if every cell that starts with one ends with one. A row with too many or too
 * few cells is rejected.
 *
 * Cells beside path, caption and id become metadata. A column has one type: numbers or `true` and `false` if all of its
 * cells are written the way JSON writes them, else texts. An empty cell becomes nothing.
 */
export const openCsv = (file: string, options: TableOptions): PairSource => {
  let size = 0;
  let read = 0;

  return {
    unit: "row",
    entries: async function* () {
      read = 0;
      size = await sizeOf(file);
      const layout = await readLayout(file, options);
      if (layout === null) return;
      const columns = columnsOf(file, layout, options);
      yield* pairsOf(
        file,
        options,
        rowsOf(file, layout, columns, (bytes) => (read = bytes)),
      );
    },
    fraction: () => (size === 0 ? 0 : Math.min(1, read / size)),
  };
};

const columnsOf = (file: string, { names }: CsvLayout, options: TableOptions): Columns => {
  const columns = findColumns(names, options);
  if (typeof columns !== "string") return columns;
  const hint =
    names.length === 1 ? " Its header has one column: --delimiter names what separates cells." : "";
  throw new AnchorageError("invalid-input", `${file}: ${columns}${hint}`);
};

async function* rowsOf(
  file: string,
  layout: CsvLayout,
  columns: Columns,
  onRead: (bytes: number) => void,
): AsyncGenerator<PlacedRow | Reject, void> {
  const stem = parsePath(file).name;
  let header = layout.header;
  for await (const { cells, line } of layout.records(onRead)) {
    if (header) {
      header = false;
      continue;
    }
    const source = `${file}:${line}`;
    const { names } = layout;
    if (cells.length < names.length || cells.slice(names.length).some((cell) => cell !== "")) {
      yield reject(source, "the row has more or fewer cells than the header");
      continue;
    }
    yield { kind: "row", row: rowOf(cells, layout, columns), columns, source, otherwise: `${stem}/${line}` };
  }
}

const rowOf = (
  cells: readonly string[],
  { names, types, header }: CsvLayout,
  columns: Columns,
): Record<string, JsonValue> => {
  const texts = new Set([columns.path, columns.caption, columns.id]);
  return Object.fromEntries(
    names.map((name, i) => {
      const cell = cells[i] ?? "";
      if (!header && name === columns.path) return [name, pathWithoutNumber(cell.trim())];
      return [name, texts.has(name) ? cell : typedCell(cell, types[i] ?? "text")];
    }),
  );
};
