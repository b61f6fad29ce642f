import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { AnchorageError } from "../../../errors.ts";
import { imagesIn, readTextFile } from "../../files/index.ts";
import { labelled } from "./class-folders.ts";
import type { FoundImages } from "./types.ts";

/** `Abyssinian_100` is image 100 of that breed. */
const IMAGE_NAME = /^(?<breed>.+)_\d+$/;
/** The test images; without this list, all images are used. */
const LISTS = ["test.txt", "list.txt"] as const;

/** Whether `folder` has the layout of Oxford-IIIT Pets. */
export const isPets = (folder: string): boolean =>
  existsSync(join(folder, "images")) && existsSync(join(folder, "annotations"));

/**
 * Oxford-IIIT Pets (Parkhi, Vedaldi, Zisserman and Jawahar, "Cats and dogs", 2012): `images/Abyssinian_1.jpg` and so
 * on in one folder, and `annotations/test.txt` or `list.txt` with lines of `image class species breed`. A class is
 * named by its breed and its species, such as "abyssinian cat", as by ASIF's authors: breeds of cats have file names
 * with a capital. Classes are sorted by name, ignoring case.
 *
 * @throws AnchorageError `corrupt-file` if a list has an invalid line.
 */
export const readPets = async (folder: string): Promise<FoundImages> => {
  const found = new Map<string, string>();
  const rejects: { source: string; reason: string }[] = [];
  for await (const item of imagesIn([join(folder, "images")])) {
    if (typeof item === "string") found.set(basename(item, extname(item)), item);
    else rejects.push(item);
  }
  const list = LISTS.map((name) => join(folder, "annotations", name)).find((path) => existsSync(path));
  const asked = list === undefined ? [...found.keys()] : await readList(list);
  const breeds = [...new Set(asked.flatMap((name) => breedOf(name) ?? []))].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
  const indexOf = new Map(breeds.map((breed, index) => [breed, index]));
  const images = [];
  for (const name of asked) {
    const path = found.get(name);
    const truth = indexOf.get(breedOf(name) ?? "");
    if (path === undefined)
      rejects.push({ source: name, reason: `is listed in ${list ?? ""}, and not there` });
    else if (truth === undefined) rejects.push({ source: path, reason: "has no breed in its name" });
    else images.push(await labelled(path, truth));
  }
  return {
    layout: `Oxford-IIIT Pets, ${list ?? "every image"}`,
    classes: breeds.map((key) => ({ key, names: [nameOf(key)] })),
    images,
    rejects,
  };
};

const readList = async (path: string): Promise<string[]> => {
  const lines = (await readTextFile(path)).split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    const [name, ...numbers] = line.split(/\s+/);
    if (name !== undefined && numbers.length === 3 && numbers.every((number) => /^\d+$/.test(number)))
      return [name];
    throw new AnchorageError("corrupt-file", `${path}: line ${i + 1} is not "image class species breed"`);
  });
};

const breedOf = (name: string): string | undefined => IMAGE_NAME.exec(name)?.groups?.breed;

const nameOf = (breed: string): string =>
  `${breed.replaceAll("_", " ").toLowerCase()} ${/^\p{Lu}/u.test(breed) ? "cat" : "dog"}`;
