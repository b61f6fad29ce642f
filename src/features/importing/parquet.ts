import { parse as parsePath } from "node:path";
import { parquetMetadataAsync, type AsyncBuffer, type FileMetaData } from "hyparquet";
import type { ImportedRow } from "./cells.ts";
import { classLabelsOf, withClassNames, type ClassLabels } from "./class-labels.ts";
import { chooseColumns, type Columns } from "./columns.ts";
import { topColumnsOf, openBuffer, reading, rowsOfGroup } from "./parquet-file.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import type { PairSource } from "./types.ts";

/**
 * The rows of a Parquet file. The path column holds paths, the bytes of images, or Hugging Face's `{bytes, path}`.
 * Class labels are read by their names; where there is no caption column and one class label, it is the caption. One row
 * group is in memory at a time.
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
        const labels = classLabelsOf(metadata);
        const columns = chooseColumns(file, topColumnsOf(metadata), options, [...labels.keys()]);
        yield* pairsOf(
          file,
          options,
          rowsOf(file, buffer, { metadata, columns, labels }, () => done++),
        );
      } finally {
        await close();
      }
    },
    fraction: () => (rows === 0 ? 0 : done / rows),
  };
};

interface Layout {
  readonly metadata: FileMetaData;
  readonly columns: Columns;
  readonly labels: ClassLabels;
}

async function* rowsOf(
  file: string,
  buffer: AsyncBuffer,
  { metadata, columns, labels }: Layout,
  onRow: () => void,
): AsyncGenerator<PlacedRow, void> {
  const stem = parsePath(file).name;
  let at = 0;
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await rowsOfGroup(file, { buffer, metadata, rowStart, rowEnd });
    for (const row of rows as ImportedRow[]) {
      at++;
      onRow();
      yield {
        kind: "row",
        row: withClassNames(row, labels),
        columns,
        source: `${file}:${at}`,
        otherwise: `${stem}/${at}`,
      };
    }
    rowStart = rowEnd;
  }
}
