import { open } from "node:fs/promises";
import { parquetReadObjects, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile, fileFault } from "../files/index.ts";

/** A Parquet file as hyparquet reads it. @throws AnchorageError if it cannot be opened */
export const openBuffer = async (
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

/** Hyparquet throws plain errors for what it cannot read. @throws AnchorageError `corrupt-file` */
export const reading = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    throw corruptFile(file, `cannot be read as Parquet: ${messageOf(error)}`, error);
  }
};

interface RowsOfGroup {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** The rows of one row group as objects; bytes without a type stay bytes. @throws AnchorageError `corrupt-file` */
export const rowsOfGroup = (
  file: string,
  { buffer, metadata, rowStart, rowEnd }: RowsOfGroup,
): Promise<Record<string, unknown>[]> =>
  reading(file, () =>
    parquetReadObjects({ file: buffer, metadata, rowStart, rowEnd, compressors, utf8: false }),
  );

/** Top-level columns; the schema lists a tree depth first, each node with its number of children. */
export const topColumnsOf = ({ schema }: FileMetaData): string[] => {
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
