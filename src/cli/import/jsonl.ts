import { createReadStream } from "node:fs";
import { dirname, parse as parsePath } from "node:path";
import { corruptFile, fileFault, reject, sizeOf } from "../../files/index.ts";
import { createRowReader, findColumns, type TableOptions, type ImportedRow } from "./table.ts";
import type { PairSource } from "./types.ts";

const MAX_LINE = 16 * 1024 * 1024;

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
      const input = createReadStream(file);
      let line = 0;
      const readRow = createRowReader(file, options.images ?? dirname(file));
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
        const columns = findColumns(Object.keys(row), options);
        yield typeof columns === "string"
          ? reject(source, columns)
          : readRow(row, columns, source, `${parsePath(file).name}/${line}`);
      }
    },
    fraction: () => (size === 0 ? 0 : Math.min(1, read / size)),
  };
};

/** The object of a line, or why it is none. */
const parseRow = (text: string): ImportedRow | string => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as ImportedRow)
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
        throw corruptFile(`${file}:${line}`, "the line is longer than 16 MiB");
      }
      yield* lines;
    }
  } catch (error) {
    throw fileFault(error, file);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
