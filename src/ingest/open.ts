import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { compareIds } from "../order.ts";
import { openCsv } from "./csv.ts";
import { openFolder, type CaptionFrom } from "./folder.ts";
import { expandPattern } from "./glob.ts";
import { openJsonl } from "./jsonl.ts";
import { openParquet } from "./parquet.ts";
import type { ColumnNames } from "./table.ts";
import type { PairSource } from "./types.ts";
import { openShard } from "./webdataset.ts";

export interface SourceOptions {
  /** Of the images in a folder. */
  readonly captionFrom: CaptionFrom;
  /** Of a table, or of a shard's JSON. */
  readonly columns: ColumnNames;
}

type OpenFile = (file: string, names: ColumnNames) => PairSource;

const READERS: readonly (readonly [RegExp, OpenFile])[] = [
  [/\.(csv|tsv)$/i, openCsv],
  [/\.(jsonl|ndjson)$/i, openJsonl],
  [/\.parquet$/i, openParquet],
  [/\.(tar|tar\.gz|tgz)$/i, openShard],
];

/**
 * Opens what `patterns` name, one after the other: a CSV, TSV, JSONL or Parquet file, a WebDataset shard, or a folder.
 * A folder that holds shards or Parquet files stands for these, any other for the images in it and below.
 *
 * @throws AnchorageError `invalid-input` for what does not exist or is none of these.
 */
export const openPairSource = async (
  patterns: readonly string[],
  options: SourceOptions,
): Promise<PairSource> => {
  const sources: PairSource[] = [];
  for (const pattern of patterns) {
    for (const path of await expandPattern(pattern)) sources.push(...(await openPath(path, options)));
  }
  return oneAfterAnother(sources);
};

const openPath = async (path: string, options: SourceOptions): Promise<PairSource[]> => {
  if (!(await stat(path)).isDirectory()) {
    const open = readerOf(path);
    if (open === undefined) {
      throw new AnchorageError(
        "invalid-input",
        `${path} is none of .csv, .tsv, .jsonl, .ndjson, .parquet, .tar, .tar.gz, or a folder`,
      );
    }
    return [open(path, options.columns)];
  }
  const names = (await readdir(path)).filter((name) => !name.startsWith(".")).sort(compareIds);
  const parts = names.flatMap((name) => {
    const open = readerOf(name);
    return open === openShard || open === openParquet ? [open(join(path, name), options.columns)] : [];
  });
  return parts.length > 0 ? parts : [openFolder(path, options.captionFrom)];
};

const readerOf = (name: string): OpenFile | undefined => READERS.find(([ending]) => ending.test(name))?.[1];

const oneAfterAnother = (sources: readonly PairSource[]): PairSource => {
  let at = 0;
  return {
    entries: async function* () {
      for (const source of sources) {
        yield* source.entries();
        at++;
      }
    },
    fraction: () => (at + (sources[at]?.fraction() ?? 0)) / Math.max(1, sources.length),
  };
};
