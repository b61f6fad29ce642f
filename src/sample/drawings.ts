import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Emoji } from "./emoji.ts";

const require = createRequire(import.meta.url);

const icon = z.object({
  body: z.string(),
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
});

const iconSet = z.object({
  icons: z.record(z.string(), icon),
  aliases: z.record(z.string(), z.object({ parent: z.string() })).default({}),
  width: z.number().default(16),
  height: z.number().default(16),
});

type IconSet = z.infer<typeof iconSet>;

/** The two Microsoft sets share their names, but only the flat one says which code points they stand for. */
const CODE_POINTS_OF: Readonly<Record<string, string>> = { "fluent-emoji": "fluent-emoji-flat" };

/** A vendor's drawings, by emoji. */
export interface Drawings {
  /** A standalone SVG file, or undefined where the vendor did not draw this emoji. */
  svgOf(emoji: Emoji): Uint8Array | undefined;
}

/** Reads one vendor's package: icons are found by code points where the package has them, else by the CLDR label. */
export const readDrawings = async (vendor: string): Promise<Drawings> => {
  const [set, codePoints] = await Promise.all([
    readSet(vendor),
    readCodePoints(CODE_POINTS_OF[vendor] ?? vendor),
  ]);
  const byLetters = new Map(
    [...Object.keys(set.icons), ...Object.keys(set.aliases)].map((name) => [letters(name), name]),
  );
  const find = (emoji: Emoji) =>
    iconOf(set, codePoints.get(codePointKey(emoji.hexcode))) ??
    iconOf(set, byLetters.get(letters(emoji.label))) ??
    iconOf(set, byLetters.get(letters(emoji.label.replace(/^flag: /, "flag for "))));
  return {
    svgOf: (emoji) => {
      const found = find(emoji);
      return found === undefined ? undefined : new TextEncoder().encode(svg(set, found));
    },
  };
};

const readSet = async (vendor: string): Promise<IconSet> =>
  iconSet.parse(JSON.parse(await readFile(join(packageOf(vendor), "icons.json"), "utf8")));

const readCodePoints = async (vendor: string): Promise<Map<string, string>> => {
  const text = await readFile(join(packageOf(vendor), "chars.json"), "utf8").catch(() => "{}");
  const chars = z.record(z.string(), z.string()).parse(JSON.parse(text));
  return new Map(Object.entries(chars).map(([hex, name]) => [codePointKey(hex), name]));
};

const packageOf = (vendor: string): string =>
  dirname(require.resolve(`@iconify-json/${vendor}/package.json`));

const iconOf = (set: IconSet, name: string | undefined) =>
  name === undefined ? undefined : (set.icons[name] ?? set.icons[set.aliases[name]?.parent ?? ""]);

const svg = (set: IconSet, { body, left = 0, top = 0, width, height }: z.infer<typeof icon>): string => {
  const [w, h] = [width ?? set.width, height ?? set.height];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${w}" height="${h}" viewBox="${left} ${top} ${w} ${h}">${body}</svg>`
  );
};

/** Presentation selectors are written by some and left out by others. */
const codePointKey = (hex: string): string =>
  hex
    .toLowerCase()
    .split("-")
    .filter((point) => point !== "fe0f")
    .map((point) => point.replace(/^0+/, ""))
    .join("-");

/** Names agree but for accents, punctuation and spacing. */
const letters = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("&", "and")
    .replaceAll(/[^a-z0-9]/g, "");
