import {
  chooseAnchors,
  eligibleClasses,
  splitClasses,
  type EmbeddedEmoji,
  type EmbeddedPair,
} from "../evaluation/index.ts";
import { createRandom } from "../../src/math/random.ts";
import { openAnchorSpace, readProfile, type AnchorSpace } from "../../src/retrieval/index.ts";
import { QUERY_VENDOR, VENDORS } from "../../src/features/sample/index.ts";
import type { Metadata, Sequence } from "../../src/types.ts";
import { createScene, type Condition, type Scene } from "../../src/features/consensus/scene/index.ts";

/** As the sample is served. */
const SETTINGS = { k: 800, p: 4, transform: "whiten" } as const;

/** How many anchors there are and emoji are asked about, and the seed that draws them. */
export interface Counts {
  readonly anchors: number;
  readonly development: number;
  readonly test: number;
  readonly seed: number;
}

/** Drawings that are anchors, and one vendor's drawings of other emoji, which no anchor shows. */
export interface EmojiStore {
  readonly space: AnchorSpace;
  readonly development: readonly EmbeddedPair[];
  readonly test: readonly EmbeddedPair[];
  readonly anchors: readonly EmbeddedPair[];
  readonly sceneOf: (condition: Condition, embed: (text: string) => Float32Array | undefined) => Scene;
}

type Describe = (pair: EmbeddedPair) => {
  readonly caption: string;
  readonly vector: Float32Array;
  readonly metadata: Metadata;
};

/**
 * A collection's memory in which neither development nor test emoji are, in a style that it has not seen. The caller
 * closes it.
 *
 * @param counts of anchors, and of emoji that are asked about: the former of one half of all, the latter of the other
 */
export const openEmojiStore = async (
  { pairs, image, text }: Pick<EmbeddedEmoji, "pairs" | "image" | "text">,
  counts: Counts,
  describe: Describe,
): Promise<EmojiStore> => {
  const halves = splitClasses(eligibleClasses(pairs, QUERY_VENDOR));
  const random = createRandom(counts.seed);
  const development = random.sample(halves.tuning, counts.development);
  const test = random.sample(halves.reporting, counts.test);
  const vendors = VENDORS.map(({ id }) => id);
  const chosen = { vendors, style: "unseen", count: counts.anchors } as const;
  const anchors = chooseAnchors(pairs, QUERY_VENDOR, chosen, [...development, ...test], counts.seed);
  const drawn = new Map(
    pairs.filter(({ vendor }) => vendor === QUERY_VENDOR).map((pair) => [pair.emoji.hexcode, pair] as const),
  );
  const drawings = (classes: readonly string[]): EmbeddedPair[] =>
    classes.flatMap((hexcode) => drawn.get(hexcode) ?? []);
  return open({ anchors, development: drawings(development), test: drawings(test) }, image, text, describe);
};

/**
 * The same anchors and emoji as another image encoder shows them. The caller closes it.
 *
 * @param vectors of every drawing, by its anchor's id
 */
export const openSecondStore = (
  store: EmojiStore,
  { image, text }: Pick<EmbeddedEmoji, "image" | "text">,
  vectors: ReadonlyMap<string, Float32Array>,
  describe: Describe,
): Promise<EmojiStore> => {
  const seen = (pairs: readonly EmbeddedPair[]): EmbeddedPair[] =>
    pairs.map((pair) => {
      const imageVector = vectors.get(pair.id);
      if (imageVector === undefined) throw new RangeError(`no vector of ${pair.id}`);
      return { ...pair, imageVector };
    });
  const { anchors, development, test } = store;
  const drawn = { anchors: seen(anchors), development: seen(development), test: seen(test) };
  return open(drawn, image, text, describe);
};

/** The same emoji, asked of some of the anchors. The caller closes it. */
export const openPartOf = (
  store: EmojiStore,
  { image, text }: Pick<EmbeddedEmoji, "image" | "text">,
  isKept: (pair: EmbeddedPair) => boolean,
  describe: Describe,
): Promise<EmojiStore> => open({ ...store, anchors: store.anchors.filter(isKept) }, image, text, describe);

const open = async (
  drawn: Pick<EmojiStore, "anchors" | "development" | "test">,
  image: { readonly dimension: number },
  text: { readonly dimension: number },
  describe: Describe,
): Promise<EmojiStore> => {
  const space = await openAnchorSpace({
    imageDimension: image.dimension,
    textDimension: text.dimension,
    transform: SETTINGS.transform,
    // However many anchors there are, what is measured is the consensus and not an index.
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  const upserts = drawn.anchors.map((pair) => {
    const { caption, vector, metadata } = describe(pair);
    return { id: pair.id, caption, metadata, imageVector: pair.imageVector, textVector: vector };
  });
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  const { anchors, development, test } = drawn;
  return {
    anchors,
    development,
    test,
    space,
    sceneOf: (condition, embed) =>
      createScene({
        view: space.view(),
        settings: SETTINGS,
        condition,
        embed: (texts) => Promise.resolve(texts.map(embed)),
      }),
  };
};
