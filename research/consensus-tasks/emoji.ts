import type { EncoderRegistry } from "../../src/encoders/index.ts";
import {
  eligibleClasses,
  embedEmoji,
  splitClasses,
  type EmbeddedEmoji,
  type EmbeddedPair,
} from "../evaluation/index.ts";
import type { Progress } from "../../src/progress.ts";
import { createRandom } from "../../src/math/random.ts";
import { emojiCaption, QUERY_VENDOR, type Emoji } from "../../src/features/sample/index.ts";
import type { Log } from "../../src/types.ts";
import { createGallery, type Gallery, type Picture } from "./synthesis/index.ts";

/** Of the drawings of the emoji that are anchors. */
const ANCHORS = 3_000;

/** Drawings of all vendors with the vectors of their captions, labels and tags. */
export const embedForTasks = (options: {
  readonly registry: EncoderRegistry;
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<EmbeddedEmoji> =>
  embedEmoji({
    ...options,
    imageEncoder: undefined,
    textEncoder: undefined,
    texts: ({ emoji }) =>
      [emojiCaption(emoji), ...[emoji.subgroup, ...emoji.tags].map(spoken), ...keywordsOf(emoji)].filter(
        (text) => text.trim() !== "",
      ),
  });

/** Names such as `animal-mammal` as words. */
export const spoken = (name: string): string => name.replaceAll("-", " ");

/** The words of an emoji's label and tags, each once. */
export const keywordsOf = ({ label, tags }: Pick<Emoji, "label" | "tags">): string[] => [
  ...new Set(
    [label, ...tags].flatMap((text) => text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'’]*/gu) ?? []),
  ),
];

/** Anchors are drawings of one half of the emoji; the unknown images are all of the other half. */
export const emojiGallery = ({ pairs, texts }: EmbeddedEmoji, seed: number): Promise<Gallery> => {
  const halves = splitClasses(eligibleClasses(pairs, QUERY_VENDOR));
  const [known, unknown] = [new Set(halves.tuning), new Set(halves.reporting)];
  const anchors = createRandom(seed).sample(
    pairs.filter(({ emoji }) => known.has(emoji.hexcode)),
    ANCHORS,
  );
  const digests = new Set(anchors.map(({ digest }) => digest));
  const others = pairs.filter(({ emoji, digest }) => unknown.has(emoji.hexcode) && !digests.has(digest));
  const pictureOf = ({ emoji, imageVector }: EmbeddedPair): Picture => ({
    thing: emoji.hexcode,
    tags: emoji.tags,
    image: imageVector,
    text: texts.get(emojiCaption(emoji)) ?? new Float32Array(),
  });
  const textOf = (tag: string): Float32Array | undefined => texts.get(spoken(tag));
  return createGallery(anchors.map(pictureOf), others.map(pictureOf), textOf, seed);
};
