import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { corruptFile, decodeChunks, fileFault } from "../files/index.ts";
import { linesOf } from "./text-lines.ts";

const MAX_RECORD = 16 * 1024 * 1024;
const CR = 13;
const LF = 10;

/** The cells of a row, and the line of the file that it ends on. */
export interface TextRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * The records of a file whose cells may be quoted. A quote within a cell that does not start with one is kept.
 *
 * @throws AnchorageError `corrupt-file` with the line of a quote that is never closed
 */
export async function* quotedRecords(
  file: string,
  delimiter: string,
  onRead?: (bytes: number) => void,
): AsyncGenerator<TextRecord, void> {
  const input = createReadStream(file);
  /** Where the cell before the one that is never closed ends, in bytes of UTF-8. */
  let openQuote: number | undefined;
  const parser = parse({
    delimiter,
    info: true,
    max_record_size: MAX_RECORD,
    skip_empty_lines: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error?.code === "CSV_QUOTE_NOT_CLOSED") openQuote = Number(error.bytes);
      return undefined;
    },
  });
  const text = Readable.from(decodeChunks(input as AsyncIterable<Buffer>));
  text.once("error", (error) => parser.destroy(error));
  text.pipe(parser);
  try {
    for await (const { info, record } of parser as AsyncIterable<{
      info: { lines: number };
      record: string[];
    }>) {
      onRead?.(input.bytesRead);
      yield { cells: record, line: info.lines };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw fileFault(error, file);
    throw corruptFile(`${file}:${Number(error.lines)}`, error.message, error);
  } finally {
    text.destroy();
    input.destroy();
  }
  if (openQuote === undefined) return;
  const place = `${file}:${await lineAfter(file, openQuote)}`;
  throw corruptFile(place, "a quote is opened here and never closed; the rest of the file was not read");
}

/** The line of the first cell after `offset` bytes, past blank lines; the parser knows only where it gave up. */
const lineAfter = async (file: string, offset: number): Promise<number> => {
  let line = 1;
  let at = 0;
  for await (const chunk of decodeChunks(createReadStream(file) as AsyncIterable<Buffer>)) {
    for (const byte of Buffer.from(chunk)) {
      if (at++ >= offset && byte !== CR && byte !== LF) return line;
      if (byte === LF) line++;
    }
  }
  return line;
};

/** The records of a file in which quotes mean nothing, one a line, such as Conceptual Captions' tables. */
export async function* plainRecords(
  file: string,
  delimiter: string,
  onRead?: (bytes: number) => void,
): AsyncGenerator<TextRecord, void> {
  let line = 0;
  for await (const text of linesOf(file, { onRead })) {
    line++;
    if (text.trim() !== "") yield { cells: text.split(delimiter), line };
  }
}

/** Lines that one quoted cell of a tab-separated file may take. */
const MAX_LINES_A_CELL = 1_000;

/**
 * Whether the cells of a tab-separated file are quoted: every cell that starts with a quote also ends with one, on its
 * own line or on a later one before which no line is a row by itself.
 */
export const isQuoted = async (file: string, delimiter: string): Promise<boolean> => {
  let columns: number | undefined;
  let open: string[] = [];
  for await (const line of linesOf(file)) {
    if (open.length === 0 && line.trim() === "") continue;
    const plain = line.split(delimiter).length;
    columns ??= plain;
    if (open.length > 0 && plain === columns) return false;
    if (open.length === 0 && !startsQuote(line, delimiter)) continue;
    open.push(line);
    const state = quotesOf(open.join("\n"), delimiter);
    if (state === "wrong" || open.length > MAX_LINES_A_CELL) return false;
    if (state === "closed") open = [];
  }
  return open.length === 0;
};

const startsQuote = (line: string, delimiter: string): boolean =>
  line.startsWith('"') || line.includes(`${delimiter}"`);

/** Whether each cell that starts with a quote ends with one, or the last of them is open. */
const quotesOf = (record: string, delimiter: string): "closed" | "open" | "wrong" => {
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      let end = record.indexOf('"', at + 1);
      while (end >= 0 && record[end + 1] === '"') end = record.indexOf('"', end + 2);
      if (end < 0) return "open";
      if (end + 1 < record.length && record[end + 1] !== delimiter) return "wrong";
      at = end + 1;
    } else {
      at = record.indexOf(delimiter, at);
    }
    if (at < 0 || at >= record.length) return "closed";
    at++;
  }
};
