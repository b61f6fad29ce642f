import { open } from "node:fs/promises";
import { parse as parsePath } from "node:path";
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile, fileFault } from "../files/index.ts";
import type { ImportedRow } from "./cells.ts";
import { chooseColumns, type Columns } from "./columns.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import type { PairSource } from "./types.ts";

/**
 * The rows of a Parquet file. The path column holds paths, the bytes of images, or Hugging Face's `{bytes, path}`.
 * One row group is in memory at a time.
 */
export const openParquet = (file: string, options: TableOptions): PairSource => {
  let rows = 0;
  let done = 0;

  return {
    unit: "row",
    entries: async function* () {
      done = 0;
      const { buffer, close } = await openBuffer(file);
      try {
        const metadata = await reading(file, () => parquetMetadataAsync(buffer));
        rows = Number(metadata.num_rows);
        const columns = chooseColumns(file, columnsOf(metadata), options);
        yield* pairsOf(
          file,
          options,
          rowsOf(file, buffer, metadata, columns, () => done++),
        );
      } finally {
        await close();
      }
    },
    fraction: () => (rows === 0 ? 0 : done / rows),
  };
};

async function* rowsOf(
  file: string,
  buffer: AsyncBuffer,
  metadata: FileMetaData,
  columns: Columns,
  onRow: () => void,
): AsyncGenerator<PlacedRow, void> {
  const stem = parsePath(file).name;
  let at = 0;
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const read = { file: buffer, metadata, rowStart, rowEnd, compressors, utf8: false };
    const objects = (await reading(file, () => parquetReadObjects(read))) as ImportedRow[];
    for (const row of objects) {
      at++;
      onRow();
      yield { kind: "row", row, columns, source: `${file}:${at}`, otherwise: `${stem}/${at}` };
    }
    rowStart = rowEnd;
  }
}

const openBuffer = async (
  file: string,
): Promise<{ readonly buffer: AsyncBuffer; readonly close: () => Promise<void> }> => {
  try {
    const handle = await open(file);
    const { size } = await handle.stat();
    const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw corruptFile(file, "the file ends too early");
      return bytes.buffer;
    };
    return { buffer: { byteLength: size, slice }, close: () => handle.close() };
  } catch (error) {
    throw fileFault(error, file);
  }
};

/** Hyparquet throws plain errors for what it cannot read. */
const reading = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    throw corruptFile(file, `cannot be read as Parquet: ${messageOf(error)}`, error);
  }
};

/** Top-level columns; the schema lists a tree depth first, each node with its number of children. */
const columnsOf = ({ schema }: FileMetaData): string[] => {
  const columns: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at]?.num_children ?? 0;
    at++;
    for (let i = 0; i < children; i++) skip();
  };
  while (at < schema.length) {
    columns.push(schema[at]?.name ?? "");
    skip();
  }
  return columns;
};
