/** A value as JSON has it. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Stands for what a page leaves out of an object or a list. */
const LEFT_OUT = "...";

/** Reads JSON in which `...` stands for fields or items that are left out. */
export const parseShown = (text: string): Json => {
  const inObjects = text.replaceAll(/([,{]\s*)\.\.\.(?=\s*\})/g, `$1"${LEFT_OUT}": true`);
  return JSON.parse(inObjects.replaceAll(/([,[]\s*)\.\.\.(?=\s*\])/g, `$1"${LEFT_OUT}"`)) as Json;
};

const kindOf = (value: Json): string => {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
};

const isRecord = (value: Json): value is Readonly<Record<string, Json>> => kindOf(value) === "object";
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/**
 * How an answer differs in shape from the one that a page shows: keys, kinds of values, lengths of lists. Values may
 * differ, and so may everything that the page leaves out by `...`.
 */
export const shapeFaults = (shown: Json, actual: Json, path = "answer"): string[] => {
  if (kindOf(shown) !== kindOf(actual))
    return [`${path} is shown as ${kindOf(shown)} and is ${kindOf(actual)}`];
  if (isList(shown) && isList(actual)) {
    const items = shown.filter((item) => item !== LEFT_OUT);
    const fits =
      items.length === shown.length ? actual.length === items.length : actual.length >= items.length;
    if (!fits) return [`${path} is shown with ${items.length} items and has ${actual.length}`];
    return items.flatMap((item, i) => shapeFaults(item, actual[i] ?? null, `${path}[${i}]`));
  }
  if (isRecord(shown) && isRecord(actual)) {
    const keys = Object.keys(shown).filter((key) => key !== LEFT_OUT);
    const missing = keys.filter((key) => !Object.hasOwn(actual, key)).map((key) => `${path} has no "${key}"`);
    const more = Object.hasOwn(shown, LEFT_OUT)
      ? []
      : Object.keys(actual)
          .filter((key) => !Object.hasOwn(shown, key))
          .map((key) => `${path} also has "${key}"`);
    const inside = keys
      .filter((key) => Object.hasOwn(actual, key))
      .flatMap((key) => shapeFaults(shown[key] ?? null, actual[key] ?? null, `${path}.${key}`));
    return [...missing, ...more, ...inside];
  }
  return [];
};

const NUMBER = /^[+−-]?\d+(?:\.\d+)?$/u;

/** A line's indentation and its numbers. */
const outline = (line: string): string =>
  `${/^ */.exec(line)?.[0].length ?? 0} spaces, ${line.split(/\s+/).filter((word) => NUMBER.test(word)).length} numbers`;

/** How printed text differs in shape from shown text: the number of lines, and each line's indentation and numbers. */
export const outlineFaults = (shown: string, actual: string): string[] => {
  const [wanted, got] = [shown, actual].map((text) => text.trimEnd().split("\n"));
  if (wanted === undefined || got === undefined) return [];
  if (wanted.length !== got.length) return [`${wanted.length} lines are shown, ${got.length} were printed`];
  return wanted.flatMap((line, i) =>
    outline(line) === outline(got[i] ?? "")
      ? []
      : [`line ${i + 1}: shown "${line}", printed "${got[i] ?? ""}"`],
  );
};
