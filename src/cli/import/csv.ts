import { createReadStream } from "node:fs";
import { dirname, parse as parsePath } from "node:path";
import { CsvError, parse } from "csv-parse";
import type { JsonValue } from "../../types.ts";
import { corruptFile, fileFault, reject, type Reject, sizeOf } from "../../files/index.ts";
import { chooseColumns, createRowReader, type TableOptions, type Columns } from "./table.ts";
import type { PairSource } from "./types.ts";

const MAX_RECORD = 16 * 1024 * 1024;
const CR = 13;
const LF = 10;

interface CsvRecord {
  readonly info: { readonly lines: number; readonly bytes: number };
  readonly record: Readonly<Record<string, string>>;
}

/**
 * The rows of a comma-separated file with a header (tab-separated where it ends in `.tsv`). A row with too many or too
 * few cells is rejected. Cells beside path, caption and id become metadata: numbers and `true` and `false` as such
 * where they are written the way JSON writes them, an empty cell not at all.
 */
export const openCsv = (file: string, options: TableOptions): PairSource => {
  let size = 0;
  let read = 0;

  return {
    unit: "row",
    entries: async function* () {
      read = 0;
      size = await sizeOf(file);
      const skipped: Reject[] = [];
      let columns: Columns | undefined;
      /** Where the cell before the one that is never closed ends, in bytes. */
      let openQuote: number | undefined;
      const input = createReadStream(file);
      const parser = parse({
        bom: true,
        delimiter: file.toLowerCase().endsWith(".tsv") ? "\t" : ",",
        info: true,
        max_record_size: MAX_RECORD,
        skip_empty_lines: true,
        skip_records_with_error: true,
        on_skip: (error) => {
          if (error?.code === "CSV_QUOTE_NOT_CLOSED") openQuote = Number(error.bytes);
          else if (error !== undefined) skipped.push(reject(`${file}:${lineOf(error)}`, reasonOf(error)));
          return undefined;
        },
        columns: (header: string[]) => {
          const trimmed = header.map((name) => name.trim());
          columns = chooseColumns(file, trimmed, options);
          return trimmed;
        },
      });
      input.once("error", (error) => parser.destroy(error));
      input.pipe(parser);
      const readRow = createRowReader(file, options.images ?? dirname(file));
      try {
        for await (const { info, record } of parser as AsyncIterable<CsvRecord>) {
          read = info.bytes;
          yield* skipped.splice(0);
          if (columns === undefined) continue;
          const otherwise = `${parsePath(file).name}/${info.lines}`;
          yield readRow(valuesOf(record, columns), columns, `${file}:${info.lines}`, otherwise);
        }
      } catch (error) {
        if (!(error instanceof CsvError)) throw fileFault(error, file);
        throw corruptFile(`${file}:${lineOf(error)}`, error.message, error);
      } finally {
        input.destroy();
      }
      yield* skipped;
      if (openQuote === undefined) return;
      const place = `${file}:${await lineAfter(file, openQuote)}`;
      throw corruptFile(place, "a quote is opened here and never closed; the rest of the file was not read");
    },
    fraction: () => (size === 0 ? 0 : read / size),
  };
};

/** The line of the first cell after `offset` bytes, past blank lines; the parser knows only where it gave up. */
const lineAfter = async (file: string, offset: number): Promise<number> => {
  let line = 1;
  let at = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (at++ >= offset && byte !== CR && byte !== LF) return line;
      if (byte === LF) line++;
    }
  }
  return line;
};

const lineOf = (error: CsvError): number => Number(error.lines);

const reasonOf = (error: CsvError): string => {
  switch (error.code) {
    case "CSV_RECORD_INCONSISTENT_COLUMNS":
    case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH":
      return "the row has more or fewer cells than the header";
    default:
      return error.message;
  }
};

const valuesOf = (record: CsvRecord["record"], columns: Columns): Record<string, JsonValue | null> => {
  const texts = new Set([columns.path, columns.caption, columns.id]);
  return Object.fromEntries(
    Object.entries(record).map(([name, cell]) => [name, texts.has(name) ? cell : valueOf(cell)]),
  );
};

const valueOf = (cell: string): JsonValue => {
  if (cell === "") return null;
  if (cell === "true" || cell === "false") return cell === "true";
  return String(Number(cell)) === cell && Number.isFinite(Number(cell)) ? Number(cell) : cell;
};
