import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { dataFolder, SAMPLE_PACKAGE } from "../files/data-packages/index.ts";
import type { Emoji } from "./emoji.ts";

const icon = z.object({
  body: z.string(),
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
});

const iconSet = z.object({
  icons: z.record(z.string(), icon),
  aliases: z
    .record(z.string(), z.object({ parent: z.string(), hFlip: z.boolean().default(false) }))
    .default({}),
  width: z.number().default(16),
  height: z.number().default(16),
});

type IconSet = z.infer<typeof iconSet>;

/** Older names that came to mean another emoji: the insect is no bat, and the word "UP!" no triangle. */
const MISNAMED: ReadonlySet<string> = new Set(["cricket", "UP! button"]);

/** A vendor's drawings, by emoji. */
export interface Drawings {
  /** A standalone SVG file, or undefined where the vendor did not draw this emoji. */
  readonly svgOf: (emoji: Emoji) => Uint8Array<ArrayBuffer> | undefined;
}

/** Reads one vendor's package: icons are found by code points where the package has them, else by the CLDR label. */
export const readDrawings = async (vendor: string, dataDir: string | null): Promise<Drawings> => {
  const folder = dataFolder(SAMPLE_PACKAGE, dataDir, `@iconify-json/${vendor}`);
  const [set, codePoints] = await Promise.all([readSet(folder), readCodePoints(folder)]);
  const byLetters = new Map(
    [...Object.keys(set.icons), ...Object.keys(set.aliases)].map((name) => [letters(name), name]),
  );
  const find = (emoji: Emoji): string | undefined => {
    const named = codePoints.get(codePointKey(emoji.hexcode));
    if (named !== undefined || MISNAMED.has(emoji.label)) return named;
    return (
      byLetters.get(letters(emoji.label)) ??
      byLetters.get(letters(emoji.label.replace(/^flag: /, "flag for ")))
    );
  };
  return {
    svgOf: (emoji) => {
      const text = svg(set, find(emoji) ?? "");
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
  };
};

const readSet = async (folder: string): Promise<IconSet> =>
  iconSet.parse(JSON.parse(await readFile(join(folder, "icons.json"), "utf8")));

const readCodePoints = async (folder: string): Promise<Map<string, string>> => {
  const text = await readFile(join(folder, "chars.json"), "utf8");
  const chars = z.record(z.string(), z.string()).parse(JSON.parse(text));
  return new Map(Object.entries(chars).map(([hex, name]) => [codePointKey(hex), name]));
};

const svg = (set: IconSet, name: string): string | undefined => {
  const alias = set.aliases[name];
  const found = set.icons[alias?.parent ?? name];
  if (found === undefined) return undefined;
  const { body, left = 0, top = 0, width = set.width, height = set.height } = found;
  const drawn =
    alias?.hFlip === true ? `<g transform="translate(${2 * left + width} 0) scale(-1 1)">${body}</g>` : body;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}">${drawn}</svg>`
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
