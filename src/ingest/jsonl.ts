import { createReadStream } from "node:fs";
import { dirname, parse as parsePath } from "node:path";
import { corrupt, fileFault } from "./file-fault.ts";
import { sizeOf } from "./csv.ts";
import { chooseColumns, createRowReader, type Columns, type TableOptions, type Row } from "./table.ts";
import { reject, type PairSource } from "./types.ts";

const MAX_LINE = 16 * 1024 * 1024;

/** The lines of a file that each hold one JSON object; what is beside path, caption and id becomes metadata as it is. */
export const openJsonl = (file: string, options: TableOptions): PairSource => {
  let size = 0;
  let read = 0;

  return {
    entries: async function* () {
      size = await sizeOf(file);
      const input = createReadStream(file);
      let line = 0;
      let columns: Columns | undefined;
      let readRow: ReturnType<typeof createRowReader> | undefined;
      for await (const text of linesOf(input, file)) {
        line++;
        read += Buffer.byteLength(text) + 1;
        if (text.trim() === "") continue;
        const source = `${file}:${line}`;
        const row = parseRow(text);
        if (typeof row === "string") {
          yield reject(source, row);
          continue;
        }
        // Where the first line lacks what a later one has, the rows are at fault, not the choice of columns.
        columns ??= chooseColumns(source, Object.keys(row), options);
        readRow ??= createRowReader(columns, options.images ?? dirname(file));
        yield readRow(row, source, `${parsePath(file).name}/${line}`);
      }
    },
    fraction: () => (size === 0 ? 0 : Math.min(1, read / size)),
  };
};

/** The object of a line, or why it is none. */
const parseRow = (text: string): Row | string => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Row)
      : "is not a JSON object";
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
};

async function* linesOf(input: AsyncIterable<Buffer>, file: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 1;
  try {
    for await (const chunk of input) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      line += lines.length;
      if (rest.length > MAX_LINE) {
        throw corrupt(`${file}:${line}`, "the line is longer than 16 MiB");
      }
      yield* lines;
    }
  } catch (error) {
    throw fileFault(error, file);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
