import { createRandom } from "../../src/math/random.ts";
import type { EmojiPair } from "../../src/features/sample/index.ts";

/** A drawing as the protocol sees it. */
export interface Drawn {
  readonly vendor: string;
  readonly emoji: Pick<EmojiPair["emoji"], "hexcode">;
  /** Of the SVG file: drawings of one digest are one picture. */
  readonly digest: string;
}

/** `seen`: the query vendor's drawings of the other classes are anchors as well, so its style is known. */
export type Style = "seen" | "unseen";

export interface Halves {
  readonly tuning: readonly string[];
  readonly reporting: readonly string[];
}

export interface AnchorChoice {
  readonly vendors: readonly string[];
  readonly style: Style;
  /** So many of them at random, or all; the smaller choices are part of the larger ones. */
  readonly count?: number;
}

/** Vendors beside the query's that must have drawn a class. */
const OTHER_VENDORS = 2;
const SPLIT_SEED = 12_345;
/** Anchors and classes of one run are drawn by different numbers. */
const ANCHOR_SEEDS = 1_000_000;

/**
 * Emoji (by hexcode, in its order) that the query vendor and at least two others drew. Of those that it drew alike, as
 * the flags of a country and of its territories, only the first: nobody could tell the others from it.
 */
export const eligibleClasses = (pairs: readonly Drawn[], queryVendor: string): string[] => {
  const drawings = new Map<string, Drawn[]>();
  for (const pair of pairs) {
    const known = drawings.get(pair.emoji.hexcode);
    if (known === undefined) drawings.set(pair.emoji.hexcode, [pair]);
    else known.push(pair);
  }
  const pictures = new Set<string>();
  return [...drawings.keys()].sort().filter((hexcode) => {
    const drawn = drawings.get(hexcode) ?? [];
    const query = drawn.find(({ vendor }) => vendor === queryVendor);
    if (query === undefined || drawn.length <= OTHER_VENDORS || pictures.has(query.digest)) return false;
    pictures.add(query.digest);
    return true;
  });
};

/** Two halves, always the same: parameters are chosen on one, and numbers are told of the other. */
export const splitClasses = (classes: readonly string[]): Halves => {
  const shuffled = createRandom(SPLIT_SEED).shuffle(classes);
  const middle = Math.floor(shuffled.length / 2);
  return { tuning: shuffled.slice(0, middle), reporting: shuffled.slice(middle) };
};

/**
 * The drawings that are anchors where `heldOut` are the classes: none of a class, whoever drew it, and none that is the
 * same picture as the query of a class.
 */
export const chooseAnchors = <T extends Drawn>(
  pairs: readonly T[],
  queryVendor: string,
  { vendors, style, count }: AnchorChoice,
  heldOut: readonly string[],
  seed: number,
): T[] => {
  const held = new Set(heldOut);
  const queries = pairs.filter(({ vendor, emoji }) => vendor === queryVendor && held.has(emoji.hexcode));
  const pictures = new Set(queries.map(({ digest }) => digest));
  const wanted = new Set(vendors.filter((vendor) => vendor !== queryVendor));
  if (style === "seen") wanted.add(queryVendor);
  const all = pairs.filter(
    ({ vendor, emoji, digest }) => wanted.has(vendor) && !held.has(emoji.hexcode) && !pictures.has(digest),
  );
  return count === undefined ? all : createRandom(ANCHOR_SEEDS + seed).sample(all, count);
};
