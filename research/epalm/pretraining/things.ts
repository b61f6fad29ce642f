import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readEmoji, type Emoji } from "../../../src/features/sample/index.ts";
import { plainText } from "../../../src/features/epalm/text/prompts.ts";

const require = createRequire(import.meta.url);

/** What is told of one emoji in words. */
export interface Thing {
  /** Its label, in lower case. */
  readonly name: string;
  /** Its tags, but for those that are its name. */
  readonly words: readonly string[];
  /** What Unicode and chat programs call it, where that is not its name. */
  readonly otherNames: readonly string[];
  /** Such as `animals and nature`. */
  readonly group: string;
  /** Such as `animal mammal`. */
  readonly kind: string;
  /** The one colour that its label or tags name. */
  readonly colour: string | undefined;
}

/** Colours as they are answered. */
export const COLOURS = [
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "purple",
  "pink",
  "brown",
  "black",
  "white",
  "grey",
] as const;

/** Other words for them in labels and tags. */
const SHADES: Readonly<Record<string, string>> = {
  gray: "grey",
  silver: "grey",
  gold: "yellow",
  violet: "purple",
};

/** Numbers as they are answered. */
export const NUMBERS = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
] as const;

/** A group of emoji in words: `animals and nature` for `animals-nature`. */
export const groupText = (group: string): string => group.replaceAll("-", " and ");

/** The one colour that an emoji's label names, or else its tags; undefined where there is none, or more. */
export const colourOf = ({ label, tags }: Pick<Emoji, "label" | "tags">): string | undefined => {
  const inLabel = coloursIn(label.toLowerCase().match(/[a-z]+/g) ?? []);
  const found = inLabel.size > 0 ? inLabel : coloursIn(tags);
  const [colour] = found;
  return found.size === 1 ? colour : undefined;
};

const coloursIn = (words: readonly string[]): Set<string> =>
  new Set(
    words.map((word) => SHADES[word] ?? word).filter((word) => COLOURS.some((colour) => colour === word)),
  );

/** Every emoji but its skin-toned variants, in CLDR's order, with what emojibase tells of it in English. */
export const readThings = async (): Promise<Thing[]> => {
  const [emoji, names] = await Promise.all([readEmoji(), readOtherNames()]);
  return emoji.map((each) => {
    const name = plainText(each.label);
    const others = (names.get(each.hexcode) ?? []).map(plainText);
    return {
      name,
      words: each.tags.map(plainText).filter((word) => word !== name),
      otherNames: [...new Set(others)].filter((other) => other !== name && READABLE.test(other)),
      group: groupText(each.group),
      kind: each.subgroup.replaceAll("-", " "),
      colour: colourOf(each),
    };
  });
};

/** Short names such as `+1` say nothing in a sentence. */
const READABLE = /^[a-z][a-z '-]{2,40}$/;

const SHORT_NAMES = ["cldr", "emojibase", "github", "iamcal", "joypixels"] as const;

const codes = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const readOtherNames = async (): Promise<Map<string, string[]>> => {
  const data = dirname(require.resolve("emojibase-data/package.json"));
  const files = [
    ...SHORT_NAMES.map((name) => join(data, "en", "shortcodes", `${name}.json`)),
    join(data, "meta", "unicode-names.json"),
  ];
  const names = new Map<string, string[]>();
  for (const file of files) {
    const read = codes.parse(JSON.parse(await readFile(file, "utf8")));
    for (const [hexcode, found] of Object.entries(read)) {
      const texts = [found].flat().map((text) => text.replaceAll("_", " "));
      names.set(hexcode, [...(names.get(hexcode) ?? []), ...texts]);
    }
  }
  return names;
};
