import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";
import { readTextFile } from "../../files/index.ts";
import type { LabelledClass } from "./types.ts";

const names = z.union([
  z
    .string()
    .min(1)
    .transform((name) => [name]),
  z.array(z.string().min(1)).min(1),
]);
const json = z.union([z.array(names), z.record(z.string(), names)]);

/**
 * Reads the names of classes from a file in one of these formats:
 * - a list, one name a line or as JSON, in the order of the classes (of folders: sorted);
 * - lines of `<class> <name>, <synonym>`, as in ImageNet's `LOC_synset_mapping.txt`; unknown classes are ignored;
 * - a JSON object from the class to its name or names; also Keras' form `{"0": ["n01440764", "tench"]}`.
 *
 * @throws AnchorageError `invalid-input` if it names too many or too few classes.
 */
export const readClassNames = async (
  path: string,
  classes: readonly LabelledClass[],
): Promise<LabelledClass[]> => {
  const text = (await readTextFile(path)).replace(/^\u{FEFF}/u, "");
  const given = path.toLowerCase().endsWith(".json") ? parseJson(path, text) : parseLines(text, classes);
  if ("list" in given) return inOrder(path, given.list, classes);
  return classes.map(({ key }) => {
    const found = given.byClass.get(key);
    if (found !== undefined) return { key, names: found };
    throw new AnchorageError("invalid-input", `${path} has no name for class "${key}"`);
  });
};

type Names =
  | { readonly list: readonly (readonly string[])[] }
  | { readonly byClass: ReadonlyMap<string, readonly string[]> };

/** WordNet ids, which name ImageNet's folders. */
const WORDNET_ID = /^n\d{8}$/;

const inOrder = (
  path: string,
  given: readonly (readonly string[])[],
  classes: readonly LabelledClass[],
): LabelledClass[] => {
  if (given.length === classes.length)
    return classes.map(({ key }, i) => ({ key, names: given[i] ?? [key] }));
  throw new AnchorageError(
    "invalid-input",
    `${path} names ${given.length} classes, and there are ${classes.length}`,
  );
};

const parseJson = (path: string, text: string): Names => {
  try {
    const given = json.parse(JSON.parse(text));
    if (Array.isArray(given)) return { list: given };
    const entries = Object.entries(given);
    // Keras numbers the classes and puts the folder before the name.
    const numbered = entries.every(([key, found]) => /^\d+$/.test(key) && found.length === 2);
    return {
      byClass: new Map(
        numbered ? entries.map(([, [key = "", ...found]]) => [key, found.map(withSpaces)]) : entries,
      ),
    };
  } catch (error) {
    throw new AnchorageError(
      "invalid-input",
      `${path} is neither a JSON list of class names nor an object of them`,
      { cause: error },
    );
  }
};

const withSpaces = (name: string): string => name.replaceAll("_", " ");

const parseLines = (text: string, classes: readonly LabelledClass[]): Names => {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const mapped = new Map(
    lines.flatMap((line) => {
      const [, key = "", rest = ""] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
      return rest === "" ? [] : [[key, rest.split(/,\s+/)] as const];
    }),
  );
  const keys = [...mapped.keys()];
  const isMap =
    lines.length === mapped.size &&
    (keys.every((key) => WORDNET_ID.test(key)) || classes.every(({ key }) => mapped.has(key)));
  return isMap ? { byClass: mapped } : { list: lines.map((line) => [line]) };
};
