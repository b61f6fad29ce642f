import { dirname } from "node:path";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";
import { ignored, reject, type Reject, withoutExtension } from "../files/index.ts";
import { captionsOf, metadataOf, textOf, type ImportedRow } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { pathExists, foldersWith, locateFile } from "./locate.ts";
import { imageInCell } from "./row-image.ts";
import type { TableOptions } from "./table-options.ts";
import type { Entry } from "./types.ts";

/** A row of a table, and where it stands. */
export interface PlacedRow {
  readonly kind: "row";
  readonly row: ImportedRow;
  readonly columns: Columns;
  /** For messages: the file and the line. */
  readonly source: string;
  /** The id of an image that has neither an id nor a path. */
  readonly otherwise: string;
}

/** Rows that are read before the folder of their images is chosen. */
const SAMPLED = 20;

/**
 * Reads the rows of one table as pairs, one for each caption. The id is the path from the table's folder without its
 * extension; rows that name the same image share it.
 *
 * Paths start from `options.images`, or from the table's folder. If none of the first rows' images is there but half of
 * them or more are in one folder below, paths start from that one.
 *
 * @throws AnchorageError `invalid-input` if the images are in several folders below, or in one beside the table's
 */
export async function* pairsOf(
  table: string,
  options: TableOptions,
  rows: AsyncIterable<PlacedRow | Reject>,
): AsyncGenerator<Entry, void> {
  const first: (PlacedRow | Reject)[] = [];
  const leftOut = new Set<string>();
  let read: ((item: PlacedRow | Reject) => Iterable<Entry>) | undefined;
  const begin = async (): Promise<(item: PlacedRow | Reject) => Iterable<Entry>> => {
    const directory = await chooseDirectory(table, options, first);
    return (item) => entriesOf(item, table, directory, leftOut);
  };
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of rows) {
      if (read === undefined && first.push(item) < SAMPLED) continue;
      if (read === undefined) {
        read = await begin();
        for (const earlier of first) yield* read(earlier);
      } else yield* read(item);
    }
  } catch (error) {
    // What stands before a break is good.
    if (read !== undefined) throw error;
    failure = { error };
  }
  if (read === undefined) {
    read = await begin();
    for (const earlier of first) yield* read(earlier);
  }
  if (failure !== undefined) throw failure.error;
}

/** @param leftOut columns whose bytes were reported as left out; gets those of this row */
function* entriesOf(
  item: PlacedRow | Reject,
  table: string,
  directory: string,
  leftOut: Set<string>,
): Generator<Entry, void> {
  if (item.kind === "reject") {
    yield item;
    return;
  }
  const { row, columns } = item;
  for (const [name, cell] of Object.entries(row)) {
    if (name === columns.path || columns.without.has(name) || leftOut.has(name) || !holdsBytes(cell))
      continue;
    leftOut.add(name);
    yield ignored(table, `the column "${name}" holds bytes, which are left out of the metadata`);
  }
  yield* readRow(item, table, directory);
}

const holdsBytes = (cell: unknown): boolean =>
  ArrayBuffer.isView(cell) ||
  (typeof cell === "object" &&
    cell !== null &&
    Object.values(cell).some((value) => ArrayBuffer.isView(value)));

const readRow = (
  { row, columns, source, otherwise }: PlacedRow,
  table: string,
  directory: string,
): Entry[] => {
  try {
    const { path, file, load } = imageInCell(row[columns.path], directory);
    const id =
      (columns.id === null ? undefined : textOf(row[columns.id])) ??
      (path === null ? otherwise : withoutExtension(path));
    const metadata = metadataOf(row, columns);
    return captionsOf(row[columns.caption]).map((text) => ({
      kind: "pair",
      id,
      name: path ?? otherwise,
      container: table,
      text,
      captionFrom: { kind: "table", label: `the column "${columns.caption}"` },
      metadata,
      source,
      ...(file === null ? { embedded: true } : { embedded: false, file }),
      image: load,
    }));
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return [reject(source, messageOf(error))];
  }
};

const chooseDirectory = async (
  table: string,
  { images }: TableOptions,
  rows: readonly (PlacedRow | Reject)[],
): Promise<string> => {
  const directory = images ?? dirname(table);
  if (images !== undefined) return images;
  const paths = rows.flatMap((item) => {
    const path = item.kind === "row" ? pathOf(item, directory) : null;
    return path === null ? [] : [path];
  });
  const [first] = paths;
  if (first === undefined) return directory;
  for (const path of paths) if (await pathExists(await locateFile(directory, path))) return directory;
  const { below, beside } = await foldersWith(directory, paths);
  const [only, ...others] = below;
  if (only !== undefined && others.length === 0) return only;
  const [found] = [...below, ...beside];
  if (found === undefined) return directory;
  const among = others.length > 0 ? ` (and also in ${others.join(", ")})` : "";
  throw new AnchorageError(
    "invalid-input",
    `${table}: none of the first ${paths.length} images is in ${directory}; "${first}" is in ${found}${among}. ` +
      `Name that folder by --images ${found}`,
  );
};

/** The path that a row names, without a look at the file; null for one that is rejected, or that holds the image. */
const pathOf = ({ row, columns }: PlacedRow, directory: string): string | null => {
  try {
    const { path, file } = imageInCell(row[columns.path], directory);
    return file === null ? null : path;
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return null;
  }
};
