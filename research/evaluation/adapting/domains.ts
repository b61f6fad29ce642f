import { createRandom } from "../../../src/math/random.ts";
import { QUERY_VENDOR } from "../../../src/features/sample/index.ts";
import { eligibleClasses } from "../emoji-protocol.ts";
import { wordsOf } from "../emoji-runs.ts";
import type { EmbeddedEmoji, EmbeddedPair } from "../emoji-vectors.ts";
import type { Questions } from "../../../src/features/evaluation/index.ts";

/** Questions, and what each is about. */
export interface Asked extends Questions {
  readonly subjects: readonly string[];
}

/** One draw of a domain. */
export interface Draw {
  /** The anchors before anything of the domain is added. */
  readonly base: readonly EmbeddedPair[];
  /** Pairs of the domain, in the order in which they are added. None shows a drawing that is asked about. */
  readonly pool: readonly EmbeddedPair[];
  /** Drawings of the domain. */
  readonly asked: Asked;
  /** What the classes are called. */
  readonly names: readonly string[];
  /** Drawings of everything else among the same classes, where the domain is one of them. */
  readonly others?: Asked;
}

/** Something that no anchor shows at first. */
export interface Domain {
  readonly name: string;
  /** Whether the anchors before anything is added are the same in every draw. */
  readonly sameBase: boolean;
  readonly draw: (emoji: EmbeddedEmoji, seed: number) => Draw;
}

/** Pools and classes are drawn by different numbers. */
const POOL_SEEDS = 2_000_000;
const STYLE_CLASSES = 300;
/** Drawings of other groups that are asked about besides. */
const OTHERS = 300;

/** What an anchor's caption, and a class that is an emoji, is told by. */
export const captionOf = ({ emoji }: Pick<EmbeddedPair, "emoji">): string => wordsOf(emoji, "tags");

/** Every text that a domain asks by or an anchor is told by. */
export const textsOf = (pair: EmbeddedPair): string[] => [captionOf(pair), nameOfGroup(pair.emoji.group)];

/** `food-drink` as people say it. */
const nameOfGroup = (group: string): string => group.replaceAll("-", " and ");

/** An emoji group that is unknown, as one class among all groups: is a flag called a flag? */
const groupAmongGroups = (group: string): Domain => ({
  name: `${nameOfGroup(group)}, one of 9 groups`,
  sameBase: true,
  draw: (emoji, seed) => {
    const groups = [...new Set(emoji.pairs.map((pair) => pair.emoji.group))].sort();
    const prompts = groups.map((each) => ({ prompts: [textOf(emoji, nameOfGroup(each))] }));
    const ask = (pairs: readonly EmbeddedPair[]): Asked => ({
      images: pairs.map(({ imageVector }) => imageVector),
      truths: pairs.map((pair) => groups.indexOf(pair.emoji.group)),
      subjects: pairs.map((pair) => pair.emoji.hexcode),
      classes: prompts,
    });
    const { base, pool, queries } = withoutGroup(emoji, group, seed);
    const known = distinct(
      emoji.pairs.filter(({ vendor, emoji: each }) => vendor === QUERY_VENDOR && each.group !== group),
    );
    return {
      base,
      pool,
      asked: ask(queries),
      others: ask(createRandom(0).sample(known, OTHERS)),
      names: groups.map(nameOfGroup),
    };
  },
});

/** An emoji group that is unknown, each of its emoji being a class: which food is it? */
const emojiOfGroup = (group: string): Domain => ({
  name: `${nameOfGroup(group)}, which emoji`,
  sameBase: true,
  draw: (emoji, seed) => {
    const { base, pool, queries } = withoutGroup(emoji, group, seed);
    return { base, pool, ...eachAClass(emoji, queries) };
  },
});

/** A vendor's style that is unknown: its drawings of emoji that others drew; pairs of other emoji are added. */
const styleOf = (vendor: string): Domain => ({
  name: `${vendor}'s style, which emoji`,
  sameBase: false,
  draw: (emoji, seed) => {
    const chosen = new Set(createRandom(seed).sample(eligibleClasses(emoji.pairs, vendor), STYLE_CLASSES));
    const queries = emoji.pairs.filter((pair) => pair.vendor === vendor && chosen.has(pair.emoji.hexcode));
    const isAsked = picturesOf(queries);
    const own = emoji.pairs.filter(
      (pair) => pair.vendor === vendor && !chosen.has(pair.emoji.hexcode) && !isAsked(pair),
    );
    return {
      base: emoji.pairs.filter((pair) => pair.vendor !== vendor && !isAsked(pair)),
      pool: createRandom(POOL_SEEDS + seed).shuffle(own),
      ...eachAClass(emoji, queries),
    };
  },
});

/** In the order of the report: what is new in kind, then what is new in style. */
export const DOMAINS: readonly Domain[] = [
  groupAmongGroups("flags"),
  groupAmongGroups("food-drink"),
  emojiOfGroup("food-drink"),
  styleOf("openmoji"),
];

/** The query vendor's drawings of a group are asked about; the others' drawings of it are what can be added. */
const withoutGroup = (emoji: EmbeddedEmoji, group: string, seed: number) => {
  const inGroup = emoji.pairs.filter((pair) => pair.emoji.group === group);
  const queries = distinct(inGroup.filter(({ vendor }) => vendor === QUERY_VENDOR));
  const isAsked = picturesOf(queries);
  return {
    base: emoji.pairs.filter((pair) => pair.vendor !== QUERY_VENDOR && pair.emoji.group !== group),
    pool: createRandom(POOL_SEEDS + seed).shuffle(
      inGroup.filter((pair) => pair.vendor !== QUERY_VENDOR && !isAsked(pair)),
    ),
    queries,
  };
};

const eachAClass = (
  emoji: EmbeddedEmoji,
  queries: readonly EmbeddedPair[],
): { readonly asked: Asked; readonly names: readonly string[] } => ({
  names: queries.map(captionOf),
  asked: {
    images: queries.map(({ imageVector }) => imageVector),
    truths: queries.map((_, i) => i),
    subjects: queries.map((pair) => pair.emoji.hexcode),
    classes: queries.map((pair) => ({ prompts: [textOf(emoji, captionOf(pair))] })),
  },
});

/** The first of those that are one picture. */
const distinct = (pairs: readonly EmbeddedPair[]): EmbeddedPair[] => {
  const pictures = new Map(pairs.toReversed().map((pair) => [pair.digest, pair]));
  return pairs.filter((pair) => pictures.get(pair.digest) === pair);
};

const picturesOf = (pairs: readonly EmbeddedPair[]): ((pair: EmbeddedPair) => boolean) => {
  const pictures = new Set(pairs.map(({ digest }) => digest));
  return ({ digest }) => pictures.has(digest);
};

const textOf = ({ texts }: EmbeddedEmoji, text: string): Float32Array => {
  const vector = texts.get(text);
  if (vector === undefined) throw new RangeError(`"${text}" has no vector`);
  return vector;
};
