import type { FileMetaData } from "hyparquet";
import { z } from "zod";
import type { ImportedRow } from "./cells.ts";

/** Names of classes by column: Hugging Face's `ClassLabel` keeps a class as its number in such a list. */
export type ClassLabels = ReadonlyMap<string, readonly string[]>;

const features = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });
const classLabel = z.object({ _type: z.literal("ClassLabel"), names: z.array(z.string()) });
const ofClassLabels = z.object({ feature: classLabel }).transform(({ feature }) => feature);
const feature = z.union([classLabel, ofClassLabels]);

/** The class labels that Hugging Face's `datasets` describes in the metadata of a Parquet file. */
export const classLabelsOf = ({ key_value_metadata: pairs = [] }: FileMetaData): ClassLabels => {
  const written = pairs.find(({ key }) => key === "huggingface")?.value;
  const labels = new Map<string, readonly string[]>();
  if (written === undefined) return labels;
  let described: unknown;
  try {
    described = JSON.parse(written);
  } catch {
    // Numbers stay numbers where their names cannot be read.
    return labels;
  }
  const parsed = features.safeParse(described);
  for (const [column, given] of Object.entries(parsed.data?.info.features ?? {})) {
    const found = feature.safeParse(given);
    if (found.success) labels.set(column, found.data.names);
  }
  return labels;
};

/** A row with the names of its classes in the place of their numbers; a class without a name (-1) is left out. */
export const withClassNames = (row: ImportedRow, labels: ClassLabels): ImportedRow => {
  if (labels.size === 0) return row;
  const nameOf = (names: readonly string[], cell: unknown): unknown =>
    typeof cell === "number" || typeof cell === "bigint" ? names[Number(cell)] : cell;
  return Object.fromEntries(
    Object.entries(row).map(([column, cell]) => {
      const names = labels.get(column);
      if (names === undefined) return [column, cell];
      return [column, Array.isArray(cell) ? cell.map((item) => nameOf(names, item)) : nameOf(names, cell)];
    }),
  );
};
