import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { AnchorageError, isAnchorageError, pathText } from "../../errors.ts";
import { compareIds } from "../../math/order.ts";
import { expandPattern, reject, walk } from "../files/index.ts";
import { openCaptionsJson } from "./captions-json.ts";
import { openCsv } from "./csv.ts";
import { openFolder } from "./folder.ts";
import { openJsonl } from "./jsonl.ts";
import { openParquet } from "./parquet.ts";
import { openSpreadsheet } from "./spreadsheet.ts";
import type { TableOptions } from "./table-options.ts";
import { addLink } from "./link.ts";
import type { CaptionFrom, Entry, Pair, PairSource } from "./types.ts";
import { openShard } from "./webdataset.ts";

export interface SourceOptions {
  /** Of the images in a folder. */
  readonly captionFrom: CaptionFrom;
  /** Of tables and of shards' JSON. */
  readonly table: TableOptions;
  /** The address of an anchor's original, with `{id}`, `{name}` or `{column}` in it. */
  readonly link?: string;
}

/** A source, and the files and folders that it reads. */
export interface NamedSource extends PairSource {
  readonly paths: readonly string[];
}

type OpenFile = (file: string, options: TableOptions) => PairSource;

const READERS: readonly (readonly [RegExp, OpenFile])[] = [
  [/\.(csv|tsv|token|txt)$/i, openCsv],
  [/\.(jsonl|ndjson)$/i, openJsonl],
  [/\.json$/i, openCaptionsJson],
  [/\.(xlsx|ods)$/i, openSpreadsheet],
  [/\.parquet$/i, openParquet],
  [/\.(tar|tar\.gz|tgz)$/i, openShard],
];

/**
 * Opens what `patterns` name, one after the other: a table (CSV, TSV, JSON, JSONL, Parquet, spreadsheet), a WebDataset
 * shard, or a folder.
 * A folder that holds shards or Parquet files stands for these, also where they lie below it and no image does; any other
 * stands for the images in it and below. A folder that lies below another that is read is passed over.
 *
 * @throws AnchorageError `invalid-input` for what does not exist or is none of these, and for a folder that holds both
 * images and shards or Parquet files.
 */
export const openPairSource = async (
  patterns: readonly string[],
  options: SourceOptions,
): Promise<NamedSource> => {
  const matches = new Set<string>();
  for (const pattern of patterns) for (const path of await expandPattern(pattern)) matches.add(path);
  const opened: OpenedFile[] = [];
  for (const path of matches) opened.push(...(await openPath(path, options)));
  const files = withoutNested(opened);
  return { ...oneAfterAnother(files, options.link), paths: files.map(({ path }) => path) };
};

/** `dir/**` stands for `dir` and all folders below, whose images would come again under other ids. */
const withoutNested = (opened: readonly OpenedFile[]): OpenedFile[] => {
  const folders = opened.filter(({ folder }) => folder).map(({ path }) => resolve(path));
  return opened.filter(
    ({ folder, path }) => !folder || !folders.some((other) => resolve(path).startsWith(join(other, sep))),
  );
};

interface OpenedFile {
  readonly path: string;
  /** Whether it is read with all that lies below it. */
  readonly folder: boolean;
  readonly source: PairSource;
}

const openPath = async (path: string, options: SourceOptions): Promise<OpenedFile[]> => {
  if (!(await stat(path)).isDirectory()) {
    const open = readerOf(path);
    if (open === undefined) {
      throw new AnchorageError(
        "invalid-input",
        `${path} is none of .csv, .tsv, .jsonl, .json, .xlsx, .ods, .parquet, .tar, .tar.gz, or a folder`,
      );
    }
    return [{ path, folder: false, source: open(path, options.table) }];
  }
  const top = (await readdir(path)).filter((name) => !name.startsWith(".")).sort(compareIds);
  const [archive] = archivesIn(path, top, options);
  const below = await look(path, archive === undefined);
  if (archive !== undefined && below.image !== undefined) throw bothIn(path, archive.path, below.image);
  const archives = archivesIn(path, archive === undefined ? below.others : top, options);
  if (below.image !== undefined || archives.length === 0)
    return [{ path, folder: true, source: openFolder(path, options.captionFrom, options.table) }];
  return archives;
};

/** The first image below a folder, or else all other files where `all` is asked for. */
const look = async (
  path: string,
  all: boolean,
): Promise<{ readonly image: string | undefined; readonly others: readonly string[] }> => {
  const others: string[] = [];
  for await (const item of walk(path, "", new Set())) {
    if (item.kind === "image") return { image: item.path, others: [] };
    if (all && item.kind === "other") others.push(item.path);
  }
  return { image: undefined, others };
};

/** Shards and Parquet files, by their paths from `folder`. */
const archivesIn = (folder: string, names: readonly string[], options: SourceOptions): OpenedFile[] =>
  names.flatMap((name) => {
    const open = readerOf(name);
    if (open !== openShard && open !== openParquet) return [];
    const file = join(folder, name);
    return [{ path: file, folder: false, source: open(file, options.table) }];
  });

const bothIn = (folder: string, archive: string, image: string): AnchorageError =>
  new AnchorageError(
    "invalid-input",
    `${folder} holds images (${image}) and also ${basename(archive)}. Name the file, ${archive}, to import it, ` +
      `or move it out of the folder to import the images.`,
  );

const readerOf = (name: string): OpenFile | undefined => READERS.find(([ending]) => ending.test(name))?.[1];

const oneAfterAnother = (files: readonly OpenedFile[], link: string | undefined): PairSource => {
  let at = 0;
  const linked = (pair: Pair): Entry => (link === undefined ? pair : addLink(pair, link));
  const [unit = "entry", ...others] = new Set(files.map(({ source }) => source.unit));
  return {
    unit: others.length > 0 ? "entry" : unit,
    entries: async function* () {
      at = 0;
      for (const { path, source } of files) {
        try {
          for await (const entry of source.entries()) {
            // The same source by another path, or from another folder, stays the same source.
            yield entry.kind === "pair" ? linked({ ...entry, container: resolve(entry.container) }) : entry;
          }
        } catch (error) {
          if (!isAnchorageError(error) || error.code !== "corrupt-file") throw error;
          // What stood before the break is good, and so may the files be that follow.
          const [fault] = error.faults;
          yield reject(fault === undefined ? path : pathText(fault.path), fault?.message ?? error.message);
        }
        at++;
      }
    },
    fraction: () => (at + (files[at]?.source.fraction() ?? 0)) / Math.max(1, files.length),
  };
};
