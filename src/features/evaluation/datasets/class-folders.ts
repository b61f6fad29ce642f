import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { imagesIn, readImageFile } from "../../files/index.ts";
import { compareIds } from "../../../math/order.ts";
import type { FoundImages, LabelledImage } from "./types.ts";

/** Kaggle's name for ImageNet's list `wnid name, synonym`. */
const SYNSETS = "LOC_synset_mapping.txt";
const SPLITS = ["test", "val"] as const;
/** Maximum number of levels between the class folders and a list of names, as in ILSVRC/Data/CLS-LOC/val. */
const LEVELS_ABOVE = 4;

/**
 * Reads one folder per class, as in ImageNet (`val/n01440764/*.JPEG`), EuroSAT (`2750/AnnualCrop/*.jpg`) and data
 * sets exported as PNG. A `test` or `val` folder of class folders is used instead of its parent, and so is an only
 * child.
 */
export const readClassFolders = async (folder: string): Promise<FoundImages> => {
  const root = await rootOf(folder);
  const found: { path: string; key: string }[] = [];
  const rejects: { source: string; reason: string }[] = [];
  for await (const item of imagesIn([root])) {
    if (typeof item !== "string") rejects.push(item);
    else if (dirname(item) === root) rejects.push({ source: item, reason: "lies in no class folder" });
    else found.push({ path: item, key: basename(dirname(item)) });
  }
  const keys = [...new Set(found.map(({ key }) => key))].sort(compareIds);
  const indexOf = new Map(keys.map((key, index) => [key, index]));
  const images = await Promise.all(found.map(({ path, key }) => labelled(path, indexOf.get(key) ?? -1)));
  const namedBy = synsetsAbove(root);
  return {
    layout: `a folder a class in ${root}`,
    classes: keys.map((key) => ({ key, names: [nameOfFolder(key)] })),
    images,
    rejects,
    ...(namedBy === undefined ? {} : { namedBy }),
  };
};

/** An image file. If it is deleted later, reading it fails. */
export const labelled = async (path: string, truth: number): Promise<LabelledImage> => {
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  return { source: path, version: `${size} ${mtimeMs}`, truth, image: () => readImageFile(path) };
};

/** `annual_crop` and `AnnualCrop` become "annual crop"; `iPhone` and `red fox` stay unchanged. */
export const nameOfFolder = (name: string): string => {
  const spaced = name
    .normalize("NFC")
    .replaceAll(/[_\-.+]/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return /^(?:\p{Lu}\p{Ll}+){2,}$/u.test(spaced)
    ? spaced.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, " ").toLowerCase()
    : spaced;
};

const rootOf = async (folder: string): Promise<string> => {
  const names = await foldersIn(folder);
  for (const split of SPLITS) {
    if (names.includes(split) && (await foldersIn(join(folder, split))).length > 0)
      return join(folder, split);
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined && (await foldersIn(join(folder, only))).length > 0)
    return rootOf(join(folder, only));
  return folder;
};

const foldersIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter(({ name }) => !name.startsWith("."));
  const isFolder = await Promise.all(
    names.map(async (entry) =>
      entry.isSymbolicLink()
        ? (await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory() === true
        : entry.isDirectory(),
    ),
  );
  return names.filter((_, i) => isFolder[i]).map(({ name }) => name);
};

const synsetsAbove = (root: string): string | undefined => {
  let folder = root;
  for (let level = 0; level <= LEVELS_ABOVE; level++) {
    const path = join(folder, SYNSETS);
    if (existsSync(path)) return path;
    folder = dirname(folder);
  }
  return undefined;
};
