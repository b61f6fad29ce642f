import { createHash } from "node:crypto";
import { createRandom, type Random } from "../../../src/math/random.ts";
import { QUERY_VENDOR, readPairs, type Emoji, type EmojiPair } from "../../../src/features/sample/index.ts";
import { eligibleClasses } from "../../evaluation/emoji-protocol.ts";
import { colourOfImage, type Colour } from "./colour.ts";
import { copiesOf } from "./copies.ts";

/**
 * What an image is for: `seen` and `unseen` test, on drawings of a vendor that no training image is by; of `unseen` no
 * drawing of any vendor is trained on.
 */
export type Split = "train" | "validation" | "seen" | "unseen";

export interface EpalmImage {
  /** `<vendor>/<hexcode>`, with `x<count>` behind it where it was composed of copies. */
  readonly id: string;
  readonly split: Split;
  readonly emoji: Emoji;
  /** How many copies it was composed of; null where it is the drawing itself. */
  readonly copies: number | null;
  /** Of the drawing itself, where it is of one colour. */
  readonly colour: Colour | null;
  readonly image: Uint8Array;
}

/** How many classes and images there are. */
export interface ImageCounts {
  readonly seenClasses: number;
  readonly unseenClasses: number;
  /** Images of seen classes that validate, and that test. */
  readonly validation: number;
  readonly seen: number;
  readonly copies: Readonly<Record<Split, number>>;
}

export const IMAGE_COUNTS: ImageCounts = {
  seenClasses: 520,
  unseenClasses: 160,
  validation: 120,
  seen: 240,
  copies: { train: 600, validation: 80, seen: 120, unseen: 80 },
};

const TRAINING_VENDORS = ["noto", "fluent-emoji-flat", "emojione", "openmoji"] as const;
const VALIDATION_VENDOR = "fxemoji";
/** Training vendors that must have drawn a class. */
const DRAWN_BY = 3;
/** National flags are known by heart, not by looking. */
const LEFT_OUT = "flags";
const SEED = 20_230_326;
/** The most copies on a canvas. */
const MOST_COPIES = 5;

/** The images, always the same, each with the colour that it is by its pixels. */
export const readImages = async (counts: ImageCounts = IMAGE_COUNTS): Promise<EpalmImage[]> => {
  const pairs = (await readPairs([...TRAINING_VENDORS, VALIDATION_VENDOR, QUERY_VENDOR])).filter(
    ({ emoji }) => emoji.group !== LEFT_OUT,
  );
  const random = createRandom(SEED);
  const classes = random.shuffle(classesOf(pairs));
  const seen = new Set(classes.slice(0, counts.seenClasses));
  const unseen = new Set(classes.slice(counts.seenClasses, counts.seenClasses + counts.unseenClasses));
  const by = (vendor: string, among: ReadonlySet<string>): EmojiPair[] =>
    pairs.filter((pair) => pair.vendor === vendor && among.has(pair.emoji.hexcode));
  const training = TRAINING_VENDORS.flatMap((vendor) => by(vendor, seen));
  const drawings: Readonly<Record<Split, readonly EmojiPair[]>> = {
    train: training,
    validation: random.sample(by(VALIDATION_VENDOR, seen), counts.validation),
    seen: random.sample(by(QUERY_VENDOR, seen), counts.seen),
    unseen: by(QUERY_VENDOR, unseen),
  };
  const images: EpalmImage[] = [];
  for (const split of SPLITS) {
    const own = drawings[split];
    for (const { id, emoji, image } of own)
      images.push({ id, split, emoji, image, copies: null, colour: (await colourOfImage(image)) ?? null });
    images.push(...composed(own, split, counts.copies[split], random));
  }
  return images;
};

const SPLITS: readonly Split[] = ["train", "validation", "seen", "unseen"];

/** Of each number of copies equally many. */
const composed = (
  drawings: readonly EmojiPair[],
  split: Split,
  count: number,
  random: Random,
): EpalmImage[] =>
  Array.from({ length: count }, (_, i) => {
    const drawing = drawings[random.integer(drawings.length)];
    if (drawing === undefined) throw new RangeError("there is nothing to draw copies of");
    const copies = 1 + (i % MOST_COPIES);
    const image = copiesOf(drawing.image, copies, random);
    return { id: `${drawing.id}x${copies}-${i}`, split, emoji: drawing.emoji, image, copies, colour: null };
  });

/** Emoji that the test's vendor and enough of the training's drew. */
const classesOf = (pairs: readonly EmojiPair[]): string[] => {
  const drawn = pairs.map(({ vendor, emoji, image }) => ({
    vendor,
    emoji,
    digest: createHash("sha256").update(image).digest("hex"),
  }));
  const byTraining = new Map<string, number>();
  for (const { vendor, emoji } of drawn)
    if (TRAINING_VENDORS.some((known) => known === vendor))
      byTraining.set(emoji.hexcode, (byTraining.get(emoji.hexcode) ?? 0) + 1);
  return eligibleClasses(drawn, QUERY_VENDOR).filter((hexcode) => (byTraining.get(hexcode) ?? 0) >= DRAWN_BY);
};
