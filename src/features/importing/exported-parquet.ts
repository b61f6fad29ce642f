import { parquetMetadataAsync, type FileMetaData } from "hyparquet";
import { z } from "zod";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile } from "../files/index.ts";
import {
  anchorBodyOf,
  headerOf,
  HEADER_KEY,
  type ExportedAnchor,
  type ExportHeader,
} from "./export-format.ts";
import { openBuffer, reading, rowsOfGroup } from "./parquet-file.ts";

const vector = z
  .array(z.number())
  .nullish()
  .transform((numbers) => (numbers == null ? null : Float32Array.from(numbers)));

/** A row as hyparquet reads it; the service checks what is in it. */
const exportedRow = z.object({
  id: z.string(),
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? null),
  metadata: z.string().transform((json) => JSON.parse(json) as Record<string, never>),
  image: z
    .object({ bytes: z.instanceof(Uint8Array).nullish() })
    .nullish()
    .transform((image) => image?.bytes ?? null),
  imageVector: vector,
  textVector: vector,
});

const headerIn = (path: string, { key_value_metadata: pairs = [] }: FileMetaData): ExportHeader | null => {
  const found = pairs.find(({ key }) => key === HEADER_KEY)?.value;
  return found === undefined ? null : headerOf(path, () => JSON.parse(found));
};

/** The header of an export as Parquet; null for any other file, and for one that is no Parquet. */
export const headerInParquet = async (path: string): Promise<ExportHeader | null> => {
  const { buffer, close } = await openBuffer(path);
  try {
    return headerIn(path, await parquetMetadataAsync(buffer));
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    return null;
  } finally {
    await close();
  }
};

/** The anchors of an export as Parquet, one row group in memory at a time. @throws AnchorageError `corrupt-file` */
export async function* anchorsInParquet(path: string): AsyncGenerator<ExportedAnchor, void> {
  const { buffer, close } = await openBuffer(path);
  try {
    const metadata = await reading(path, () => parquetMetadataAsync(buffer));
    let number = 0;
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      for (const row of await rowsOfGroup(path, { buffer, metadata, rowStart, rowEnd })) {
        const source = `${path}:${++number}`;
        yield { source, anchor: anchorBodyOf(parseRow(row, source)) };
      }
      rowStart = rowEnd;
    }
  } finally {
    await close();
  }
}

const parseRow = (row: unknown, source: string): z.output<typeof exportedRow> => {
  try {
    return exportedRow.parse(row);
  } catch (error) {
    throw corruptFile(source, `is no anchor of an export: ${messageOf(error)}`, error);
  }
};
