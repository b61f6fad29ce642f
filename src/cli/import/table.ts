import { isAbsolute, posix, relative, resolve, sep } from "node:path";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";
import type { JsonValue, Metadata } from "../../types.ts";
import { MAX_IMAGE_BYTES, readImageFile, reject, tooLarge, withoutExtension } from "../../files/index.ts";
import { oneLine } from "./caption.ts";
import type { Entry } from "./types.ts";

/** How a table is read. A column whose name is absent is looked for under its usual names. */
export interface TableOptions {
  /** The folder that paths start from, and that they do not leave; the table's own where absent. */
  readonly images?: string;
  readonly path?: string;
  readonly caption?: string;
  readonly id?: string;
  /** Left out of the metadata. */
  readonly without?: readonly string[];
}

/** Beyond what metadata may be nested to; here so that no row can exhaust the stack. */
const MAX_DEPTH = 100;

const USUAL = {
  path: ["path", "file_name", "image", "file"],
  caption: ["caption", "text"],
  id: ["id"],
} as const;

/** The columns that a table's rows are read by. */
export interface Columns {
  readonly path: string;
  readonly caption: string;
  readonly id: string | null;
  readonly without: ReadonlySet<string>;
}

/** The columns of what has those of `present`; or, as a text, which one is missing. */
export const findColumns = (present: readonly string[], names: TableOptions): Columns | string => {
  const find = (role: keyof typeof USUAL): string | undefined => {
    const given = names[role];
    return given === undefined
      ? USUAL[role].find((name) => present.includes(name))
      : [given].find((name) => present.includes(name));
  };
  const missing = (role: keyof typeof USUAL): string => {
    const wanted =
      names[role] === undefined ? USUAL[role].map((name) => `"${name}"`).join(", ") : `"${names[role]}"`;
    const columns = present.map((name) => `"${name}"`).join(", ");
    return `no ${role} column ${wanted}; the columns are ${columns}. Name it by --${role}-column.`;
  };
  const [path, caption, id] = [find("path"), find("caption"), find("id")];
  if (path === undefined) return missing("path");
  if (caption === undefined) return missing("caption");
  if (id === undefined && names.id !== undefined) return missing("id");
  return { path, caption, id: id ?? null, without: new Set(names.without) };
};

/** @throws AnchorageError `invalid-input` that names the file, the column that is missing and those that there are. */
export const chooseColumns = (file: string, present: readonly string[], names: TableOptions): Columns => {
  const columns = findColumns(present, names);
  if (typeof columns === "string") throw new AnchorageError("invalid-input", `${file}: ${columns}`);
  return columns;
};

/** One row, its cells by column. */
export type ImportedRow = Readonly<Record<string, unknown>>;

/**
 * Reads rows of one file as pairs. The id is the path from `directory` without its extension; rows that name the same
 * image (several captions) share it.
 *
 * @param table the file that the rows are of
 * @param directory that paths start from. What lies outside of it is rejected, so that a table that came from elsewhere
 * reads no other file; links within it are followed.
 */
export const createRowReader =
  (table: string, directory: string) =>
  /** @param otherwise the id of an image that has neither an id nor a path */
  (row: ImportedRow, columns: Columns, source: string, otherwise: string): Entry => {
    try {
      const { path, embedded, load } = imageOf(row[columns.path], directory);
      const given = columns.id === null ? undefined : textOf(row[columns.id]);
      const caption = textOf(row[columns.caption]) ?? "";
      return {
        kind: "pair",
        id: given ?? (path === null ? otherwise : withoutExtension(path)),
        idIsGiven: given !== undefined,
        name: path ?? otherwise,
        container: table,
        text: oneLine(caption),
        captionFrom: { kind: "table", label: `the column "${columns.caption}"` },
        metadata: metadataOf(row, columns),
        source,
        embedded,
        image: load,
      };
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      return reject(source, messageOf(error));
    }
  };

interface RowImage {
  /** With slashes and the extension; null where there are only bytes. */
  readonly path: string | null;
  readonly embedded: boolean;
  readonly load: () => Promise<Uint8Array>;
}

/** A path, bytes, or Hugging Face's `{bytes, path}`. */
const imageOf = (cell: unknown, directory: string): RowImage => {
  if (cell instanceof Uint8Array) return fromBytes(cell, null);
  if (typeof cell === "object" && cell !== null && ("bytes" in cell || "path" in cell)) {
    const { bytes, path } = cell as { bytes?: unknown; path?: unknown };
    const named = textOf(path);
    if (bytes instanceof Uint8Array) return fromBytes(bytes, named === undefined ? null : slashed(named));
    if (named !== undefined) return fromPath(named, directory);
  }
  const path = textOf(cell);
  if (path === undefined) throw new AnchorageError("invalid-input", "names no image");
  return fromPath(path, directory);
};

const fromBytes = (bytes: Uint8Array, path: string | null): RowImage => {
  if (bytes.length > MAX_IMAGE_BYTES) throw tooLarge(bytes.length);
  if (bytes.length === 0) throw new AnchorageError("invalid-input", "the image has no bytes");
  return { path, embedded: true, load: () => Promise.resolve(bytes) };
};

const fromPath = (path: string, directory: string): RowImage => {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new AnchorageError("invalid-input", `"${path}" is an address, and nothing is fetched`);
  }
  if (path.includes("\0")) throw new AnchorageError("invalid-input", "the path holds a NUL");
  const absolute = resolve(directory, path);
  const within = relative(resolve(directory), absolute);
  if (within === "" || within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within)) {
    throw new AnchorageError(
      "invalid-input",
      `"${path}" is not in ${directory}; --images names the folder that images are in`,
    );
  }
  return { path: slashed(within), embedded: false, load: () => readImageFile(absolute) };
};

const slashed = (path: string): string => posix.normalize(path.split(sep).join("/"));

/** The text of a cell; undefined where it is empty. */
const textOf = (cell: unknown): string | undefined => {
  if (typeof cell === "string") return cell.trim() === "" ? undefined : cell;
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean") return String(cell);
  if (cell instanceof Uint8Array) return textOf(Buffer.from(cell).toString("utf8"));
  return undefined;
};

const metadataOf = (row: ImportedRow, columns: Columns): Metadata => {
  const entries: [string, JsonValue][] = [];
  for (const [name, cell] of Object.entries(row)) {
    if (name === columns.path || name === columns.caption || name === columns.id || columns.without.has(name))
      continue;
    const value = jsonOf(cell);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
};

/** A cell as JSON can hold it; undefined for nothing, for bytes, and for what is no number. */
const jsonOf = (cell: unknown, depth = 0): JsonValue | undefined => {
  if (depth > MAX_DEPTH)
    throw new AnchorageError("invalid-input", `a field is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof cell === "string" || typeof cell === "boolean") return cell;
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell === "bigint") return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : cell.toISOString();
  if (cell === null || cell === undefined || ArrayBuffer.isView(cell)) return undefined;
  if (Array.isArray(cell)) return cell.map((item) => jsonOf(item, depth + 1) ?? null);
  if (typeof cell !== "object") return undefined;
  const entries = Object.entries(cell).flatMap(([key, value]): [string, JsonValue][] => {
    const json = jsonOf(value, depth + 1);
    return json === undefined ? [] : [[key, json]];
  });
  return Object.fromEntries(entries);
};
