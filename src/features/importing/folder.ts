import { basename, join } from "node:path";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { ignored, readImageFile, reject, type Reject, walk, withoutExtension } from "../files/index.ts";
import type { Metadata } from "../../types.ts";
import { captionFromFolder, captionFromName } from "./caption.ts";
import { readEmbedded } from "./embedded.ts";
import { imageKey, isTableName, NOT_USED, readFolderTables, type FolderTables } from "./folder-tables.ts";
import { normalPath, readSidecars, sidecarsOf, type IgnoredEntry } from "./sidecar.ts";
import type { TableOptions } from "./table-options.ts";
import type { CaptionFrom, CaptionKind, Entry, Pair, PairSource } from "./types.ts";

const AUTO: readonly CaptionKind[] = ["sidecar", "table", "embedded", "name"];

/**
 * The images under a folder, at any depth, in order of their names, and then the files that are not used. An id is the
 * path from the folder without the extension. A caption comes from the first source of `captionFrom` that an image has;
 * a table may give several. Metadata comes from the image's own fields, the files beside it, a table's row and the name
 * of its folder (`folder`). Hidden files are passed over, links are followed, and a folder that several links lead to is
 * read once.
 */
export const openFolder = (root: string, captionFrom: CaptionFrom, options: TableOptions): PairSource => {
  let total = 0;
  let done = 0;
  const kinds = captionFrom === "auto" ? AUTO : captionFrom;

  return {
    unit: "file",
    entries: async function* () {
      done = 0;
      const folder = await readFolder(root, options);
      total = folder.images.length;
      const captioned = new Set<string>();
      const unused: IgnoredEntry[] = [];
      for (const item of folder.images) {
        done++;
        if (typeof item !== "string") {
          yield item;
          continue;
        }
        const { entries, notUsed, table } = await readImage(root, item, folder, kinds, options);
        if (table !== null) captioned.add(table);
        unused.push(...notUsed);
        yield* entries;
      }
      yield* unused;
      yield* folder.tables.others;
      yield* unusedTables(folder.tables, captioned);
      for (const path of folder.rest) yield ignored(join(root, path), NOT_USED);
    },
    fraction: () => (total === 0 ? 0 : done / total),
  };
};

/** What lies in a folder, by what it is for. */
interface Folder {
  /** Paths from the root, and what cannot be read. */
  readonly images: readonly (string | Reject)[];
  /** The files beside an image that belong to it. */
  readonly sidecars: ReadonlyMap<string, readonly string[]>;
  readonly tables: FolderTables;
  /** Files that are none of these. */
  readonly rest: readonly string[];
}

const readFolder = async (root: string, options: TableOptions): Promise<Folder> => {
  const images: (string | Reject)[] = [];
  const others: string[] = [];
  for await (const item of walk(root, "", new Set())) {
    if (item.kind === "other") others.push(item.path);
    else images.push(item.kind === "image" ? item.path : item);
  }
  const byForm = new Map<string, string[]>();
  for (const path of others) byForm.set(normalPath(path), [...(byForm.get(normalPath(path)) ?? []), path]);
  const paths = images.filter((item) => typeof item === "string");
  const sidecars = new Map(paths.map((path) => [path, sidecarsOf(path, byForm)]));
  const beside = new Set([...sidecars.values()].flat());
  const free = others.filter((path) => !beside.has(path));
  const tables = await readFolderTables(root, free.filter(isTableName), paths, options);
  return { images, sidecars, tables, rest: free.filter((path) => !isTableName(path)) };
};

interface ImageEntries {
  readonly entries: readonly Entry[];
  readonly notUsed: readonly IgnoredEntry[];
  /** The table that its captions are from. */
  readonly table: string | null;
}

const readImage = async (
  root: string,
  path: string,
  { sidecars, tables }: Folder,
  kinds: readonly CaptionKind[],
  options: TableOptions,
): Promise<ImageEntries> => {
  const file = join(root, path);
  const id = withoutExtension(path);
  try {
    const beside = await readSidecars(root, path, sidecars.get(path) ?? [], options);
    const own = await readEmbedded(file);
    const rows = tables.captions.get(imageKey(file)) ?? [];
    const [row] = rows;
    const captionsBy = (kind: CaptionKind): readonly Captioned[] => {
      switch (kind) {
        case "sidecar":
          return one(kind, beside.caption);
        case "table":
          return rows.map(({ text, captionFrom, metadata }) => ({ text, captionFrom, metadata }));
        case "embedded":
          return one(kind, own.caption === null ? null : { ...own.caption, texts: [own.caption.text] });
        case "folder":
          return named(kind, captionFromFolder(path.split("/").at(-2) ?? ""), "folder names");
        case "name":
          return named(kind, captionFromName(basename(path)), "file names");
      }
    };
    const captions = kinds.map(captionsBy).find((found) => found.length > 0);
    if (captions === undefined) throw new AnchorageError("invalid-input", missing(kinds, path));
    const folder = path.split("/").slice(0, -1).join("/");
    const common: Metadata = {
      ...(folder === "" ? {} : { folder }),
      ...own.metadata,
      ...beside.metadata,
      ...row?.metadata,
    };
    const where = { id, name: path, container: root, source: file, file };
    const [{ captionFrom } = { captionFrom: null }] = captions;
    const fromSidecar = captionFrom?.kind === "sidecar";
    return {
      entries: captions.map(({ metadata, ...caption }): Pair => {
        const fields = without({ ...common, ...metadata }, options);
        return { kind: "pair", ...where, ...caption, metadata: fields, image: () => readImageFile(file) };
      }),
      notUsed: [
        ...beside.unused,
        ...(fromSidecar || beside.caption === null
          ? []
          : [unusedSidecar(root, sidecars.get(path)?.[0] ?? path, captionFrom?.label ?? "")]),
      ],
      table: captionFrom?.kind === "table" ? (row?.container ?? null) : null,
    };
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return { entries: [reject(file, error.message, id)], notUsed: [], table: null };
  }
};

type Captioned = Pick<Pair, "text" | "captionFrom"> & { readonly metadata?: Metadata };

const one = (
  kind: CaptionKind,
  caption: { readonly texts: readonly string[]; readonly label: string } | null,
): readonly Captioned[] =>
  caption === null
    ? []
    : caption.texts.map((text) => ({ text, captionFrom: { kind, label: caption.label } }));

const named = (kind: CaptionKind, text: string, label: string): readonly Captioned[] =>
  text === "" ? [] : [{ text, captionFrom: { kind, label } }];

const without = (metadata: Metadata, options: TableOptions): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => options.without?.includes(name) !== true));

const unusedSidecar = (root: string, path: string, label: string): IgnoredEntry => ({
  ...ignored(join(root, path), `the caption is taken from ${label}`),
  captionKind: "sidecar",
});

/** Tables that name images of the folder and gave none of them a caption. */
const unusedTables = ({ captions }: FolderTables, captioned: ReadonlySet<string>): IgnoredEntry[] => {
  const tables = new Set([...captions.values()].flatMap(([pair]) => pair?.container ?? []));
  return [...tables]
    .filter((table) => !captioned.has(table))
    .map((table) => ({
      ...ignored(table, "every image that it names has its caption from another source"),
      captionKind: "table",
    }));
};

/** Why an image has no caption by `kinds`, and what helps. */
const missing = (kinds: readonly CaptionKind[], path: string): string => {
  if (kinds.every((kind) => kind === "folder")) {
    return "lies in no class folder, which its caption was to come from";
  }
  const beside = kinds.includes("sidecar")
    ? `put a caption beside it as ${basename(withoutExtension(path))}.txt, `
    : "";
  const named = kinds.includes("name") ? "has no words in its name: " : "has no caption: ";
  return `${named}${beside}rename it, or take --caption-from folder`;
};
