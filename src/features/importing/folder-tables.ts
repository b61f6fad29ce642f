import { basename, dirname, extname, join, resolve } from "node:path";
import { isAnchorageError } from "../../errors.ts";
import { ignored, reject } from "../files/index.ts";
import { openCaptionsJson } from "./captions-json.ts";
import { openCsv } from "./csv.ts";
import { openJsonl } from "./jsonl.ts";
import type { IgnoredEntry } from "./sidecar.ts";
import { openSpreadsheet } from "./spreadsheet.ts";
import type { TableOptions } from "./table-options.ts";
import type { Entry, Pair, PairSource } from "./types.ts";

type OpenTable = (file: string, options: TableOptions) => PairSource;

const READERS: Readonly<Record<string, OpenTable>> = {
  ".csv": openCsv,
  ".tsv": openCsv,
  ".txt": openCsv,
  ".token": openCsv,
  ".jsonl": openJsonl,
  ".ndjson": openJsonl,
  ".json": openCaptionsJson,
  ".xlsx": openSpreadsheet,
  ".ods": openSpreadsheet,
};

/** Whether a file may be a table of captions, by its name. */
export const isTableName = (path: string): boolean => Object.hasOwn(READERS, extname(path).toLowerCase());

/** What the tables in a folder of images say. */
export interface FolderTables {
  /** The captions of an image, by {@link imageKey} of its path: those of the first table that names it. */
  readonly captions: ReadonlyMap<string, readonly Pair[]>;
  /** Rows that name no image of the folder or cannot be read, and files that are no table of captions. */
  readonly others: readonly Entry[];
}

/** An absolute path, whatever the Unicode form that it is written in. */
export const imageKey = (path: string): string => resolve(path).normalize("NFC");

/**
 * Reads the tables in a folder: Hugging Face's `metadata.jsonl` or `metadata.csv` before any other. A row names an image
 * by its path from the table's folder, or by the end of its path if only one image of the folder has that end.
 *
 * @param paths from `root`, those for which {@link isTableName} holds and that belong to no single image
 * @param images paths from `root`
 */
export const readFolderTables = async (
  root: string,
  paths: readonly string[],
  images: readonly string[],
  options: TableOptions,
): Promise<FolderTables> => {
  const captions = new Map<string, readonly Pair[]>();
  const others: Entry[] = [];
  const find = createFinder(root, images);
  for (const path of [...paths].sort((a, b) => rankOf(a) - rankOf(b))) {
    const table = join(root, path);
    const found = await readTable(table, { ...options, images: options.images ?? dirname(table) });
    if (!Array.isArray(found)) {
      others.push(found);
      continue;
    }
    const own = new Map<string, Pair[]>();
    for (const entry of found) {
      const keys = entry.kind === "pair" ? find(entry) : [];
      const [key] = keys;
      if (entry.kind !== "pair") others.push(entry);
      else if (key === undefined || keys.length > 1) others.push(lost(entry, root, keys.length));
      else own.set(key, [...(own.get(key) ?? []), labelled(entry, path)]);
    }
    const fresh = [...own].filter(([key]) => !captions.has(key));
    for (const [key, pairs] of fresh) captions.set(key, pairs);
    if (own.size > 0 && fresh.length === 0) {
      others.push({ ...ignored(table, "another table names the same images"), captionKind: "table" });
    }
  }
  return { captions, others };
};

/** Finds the images that a row may mean, by their keys. */
const createFinder = (root: string, images: readonly string[]): ((pair: Pair) => readonly string[]) => {
  const keys = new Set<string>();
  const byName = new Map<string, string[]>();
  for (const image of images) {
    const key = imageKey(join(root, image));
    keys.add(key);
    const name = basename(key);
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [key]);
    else same.push(key);
  }
  return ({ file, name }) => {
    if (file === undefined) return [];
    const key = imageKey(file);
    if (keys.has(key)) return [key];
    const end = `/${name.normalize("NFC")}`;
    return (byName.get(basename(key)) ?? []).filter((path) => path.endsWith(end));
  };
};

const lost = ({ name, source, id }: Pair, root: string, count: number): Entry =>
  reject(source, `"${name}" ${count === 0 ? "is not in" : "is in several folders below"} ${root}`, id);

const rankOf = (path: string): number => (/(^|\/)metadata\.[a-z]+$/i.test(path) ? 0 : 1);

const labelled = (pair: Pair, path: string): Pair => ({
  ...pair,
  captionFrom: { kind: "table", label: path },
});

/** The entries of a table; or the file as ignored, if it is no table of captions. */
const readTable = async (table: string, options: TableOptions): Promise<Entry[] | IgnoredEntry> => {
  const open = READERS[extname(table).toLowerCase()];
  if (open === undefined) return ignored(table, NOT_USED);
  const entries: Entry[] = [];
  try {
    for await (const entry of open(table, options).entries()) entries.push(entry);
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    if (error.code === "corrupt-file") entries.push(reject(table, error.message));
  }
  return entries.some(({ kind }) => kind === "pair") ? entries : ignored(table, NOT_USED);
};

/** Why a file in a folder of images is not used. */
export const NOT_USED = "is no image, and no captions of one";
