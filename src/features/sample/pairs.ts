import type { AnchorId, Metadata } from "../../types.ts";
import { readDrawings } from "./drawings.ts";
import { readEmoji, type Emoji } from "./emoji.ts";
import { VENDORS } from "./vendors.ts";

/** One vendor's drawing of one emoji. */
export interface EmojiPair {
  /** `<vendor>/<hexcode>` */
  readonly id: AnchorId;
  readonly vendor: string;
  readonly emoji: Emoji;
  /** A standalone SVG file. */
  readonly image: Uint8Array<ArrayBuffer>;
}

/** Steps through the emoji so that neighbours in CLDR's order, which are alike, come far apart. */
const STRIDE = 997;

/** The label, and what else people call it: `red heart, emotion, love`. */
export const emojiCaption = ({ label, tags }: Emoji): string => [label, ...tags].join(", ");

export const emojiMetadata = ({ vendor, emoji }: EmojiPair): Metadata => ({
  vendor,
  emoji: emoji.emoji,
  hexcode: emoji.hexcode,
  group: emoji.group,
  subgroup: emoji.subgroup,
  licence: VENDORS.find(({ id }) => id === vendor)?.licence ?? "",
});

/**
 * Every drawing of `vendors`, in rounds: each round has every emoji once, its vendors taking turns, so that the first
 * part of the pairs already knows a bit of everything. (The number of emoji must not be a multiple of the stride.)
 *
 * @param dataDir where the sample may have been added to; null: it is beside Anchorage
 * @throws AnchorageError `unavailable` if the sample is not installed
 */
export const readPairs = async (
  vendors: readonly string[],
  dataDir: string | null = null,
): Promise<EmojiPair[]> => {
  const emoji = await readEmoji(dataDir);
  const sets = await Promise.all(
    vendors.map(async (vendor) => ({ vendor, drawings: await readDrawings(vendor, dataDir) })),
  );
  const pairs: EmojiPair[] = [];
  for (let round = 0; round < sets.length; round++) {
    emoji.forEach((_, i) => {
      const set = sets[(i + round) % sets.length];
      const entry = emoji[(i * STRIDE) % emoji.length];
      const image = entry === undefined ? undefined : set?.drawings.svgOf(entry);
      if (set === undefined || entry === undefined || image === undefined) return;
      pairs.push({
        id: `${set.vendor}/${entry.hexcode}` as AnchorId,
        vendor: set.vendor,
        emoji: entry,
        image,
      });
    });
  }
  return pairs;
};
