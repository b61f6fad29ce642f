import { AnchorageError } from "../../errors.ts";
import type { TableOptions } from "./table-options.ts";

/** Usual names of columns, compared without case, spaces, `_` and `-`. The first that a table has is used. */
const USUAL = {
  path: [
    "path",
    "file_name",
    "image",
    "file",
    "file_path",
    "image_path",
    "image_file",
    "image_file_name",
    "image_name",
    "images",
    "img",
    "img_path",
    "image_base64",
    "picture",
    "photo",
  ],
  caption: [
    "caption",
    "text",
    "title",
    "captions",
    "texts",
    "description",
    "comment",
    "sentence",
    "sentences",
    "alt_text",
    "alt",
  ],
  id: ["id"],
} as const;

type Role = keyof typeof USUAL;

/** The columns that a table's rows are read by. */
export interface Columns {
  readonly path: string;
  readonly caption: string;
  readonly id: string | null;
  readonly without: ReadonlySet<string>;
}

/**
 * Finds the columns of a table among those of `present`: the named ones, and otherwise those of a usual name.
 *
 * @param labels columns of class labels; the only one is the caption where no other column is
 * @returns as a text, which one is missing
 */
export const findColumns = (
  present: readonly string[],
  names: TableOptions,
  labels: readonly string[] = [],
): Columns | string => {
  const find = (role: Role): string | undefined => {
    const given = names[role];
    return given === undefined ? usualOf(role, present) : present.find((name) => name === given);
  };
  const missing = (role: Role): string => {
    const given = names[role];
    const wanted =
      given === undefined ? `of a usual name (${USUAL[role].slice(0, 3).join(", ")}, ...)` : `"${given}"`;
    const columns = present.map((name) => `"${name}"`).join(", ");
    return `no ${role} column ${wanted}; the columns are ${columns}. Name it by --${role}-column.`;
  };
  const [path, id] = [find("path"), find("id")];
  const caption =
    find("caption") ?? (names.caption === undefined && labels.length === 1 ? labels[0] : undefined);
  if (path === undefined) return missing("path");
  if (caption === undefined) return missing("caption");
  if (id === undefined && names.id !== undefined) return missing("id");
  return { path, caption, id: id ?? null, without: new Set(names.without) };
};

const usualOf = (role: Role, present: readonly string[]): string | undefined =>
  findUsual(USUAL[role], present);

/** The first of `usual` that is among `present`; else the first that is without case, spaces, `_` and `-`. */
export const findUsual = (usual: readonly string[], present: readonly string[]): string | undefined => {
  const exact = usual.find((name) => present.includes(name));
  if (exact !== undefined) return exact;
  for (const name of usual) {
    const found = present.find((other) => plain(other) === plain(name));
    if (found !== undefined) return found;
  }
  return undefined;
};

const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, "");

/** @throws AnchorageError `invalid-input` that names the file, the column that is missing and those that there are. */
export const chooseColumns = (
  file: string,
  present: readonly string[],
  names: TableOptions,
  labels: readonly string[] = [],
): Columns => {
  const columns = findColumns(present, names, labels);
  if (typeof columns === "string") throw new AnchorageError("invalid-input", `${file}: ${columns}`);
  return columns;
};

/**
 * Names for the columns of a header, each another: a second "note" becomes "note 2", and a column without a name
 * becomes "column 3" by its place.
 */
export const columnNames = (header: readonly string[]): string[] => {
  const taken = new Set<string>();
  return header.map((cell, i) => {
    const name = cell.trim() === "" ? `column ${i + 1}` : cell.trim();
    let unique = name;
    for (let use = 2; taken.has(unique); use++) unique = `${name} ${use}`;
    taken.add(unique);
    return unique;
  });
};
