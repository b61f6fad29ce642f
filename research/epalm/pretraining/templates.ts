import type { Random } from "../../../src/math/random.ts";
import { captionPrompt, IMAGE_QUESTIONS, questionPrompt } from "../../../src/features/epalm/text/prompts.ts";
import { COLOURS, NUMBERS, type Thing } from "./things.ts";

/** What lines are drawn from. */
export interface World {
  readonly things: readonly Thing[];
  readonly byKind: ReadonlyMap<string, readonly Thing[]>;
  readonly byWord: ReadonlyMap<string, readonly Thing[]>;
  /** All that occur in names and tags. */
  readonly words: readonly string[];
  readonly random: Random;
}

/** One form that a line may have. */
export interface Template {
  /** How often it is drawn, in shares of the sum over all. */
  readonly weight: number;
  /** A line without its beginning and its end, or undefined where the thing does not have what it tells. */
  readonly make: (thing: Thing, world: World) => string | undefined;
}

const pick = <T>(items: readonly T[], random: Random): T | undefined => items[random.integer(items.length)];

const asked = (
  question: string,
  answer: string | undefined,
  retrieved?: readonly string[],
): string | undefined =>
  answer === undefined ? undefined : `${questionPrompt(question, retrieved)}${answer}`;

/** The name, and often some of its tags: a caption as collections have them. */
const captionOf = ({ name, words }: Thing, random: Random, most: number): string =>
  [name, ...words.slice(0, random.integer(Math.min(most, words.length) + 1))].join(", ");

/** Things that are like this one: of its kind, or with a word in common. */
const alike = (thing: Thing, { byKind, byWord, random }: World, count: number): Thing[] => {
  const word = random.next() < 0.5 ? pick(thing.words, random) : undefined;
  const near = (word === undefined ? undefined : byWord.get(word)) ?? [];
  const others = near.length > count ? near : (byKind.get(thing.kind) ?? []);
  return random.sample(
    others.filter((other) => other !== thing),
    count,
  );
};

/** Three captions with the thing among them, more often in front, as the nearest is the likeliest to be right. */
const among = (thing: Thing, world: World, caption: (of: Thing) => string): string[] => {
  const { random } = world;
  const others = alike(thing, world, 2);
  const place = random.next() < 0.6 ? 0 : random.integer(others.length + 1);
  return [...others.slice(0, place), thing, ...others.slice(place)].map(caption);
};

const plural = (name: string): string => {
  if (/(?:s|x|ch|sh)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
};

const captionFor = ({ random }: World): ((of: Thing) => string) => {
  const most = random.next() < 0.75 ? 0 : 6;
  return (of) => captionOf(of, random, most);
};

const painted = (name: string, colour: string | undefined): string => `${colour ?? ""} ${name}`.trim();

const counted = (name: string, count: string): string =>
  count === NUMBERS[0] ? `one ${name}` : `${count} ${plural(name)}`;

/** A name that nobody has heard of: it can only be copied. */
const invented = ({ words, random }: World): string =>
  Array.from({ length: 1 + random.integer(3) }, () => pick(words, random) ?? "").join(" ");

/** Weights are such that no form takes over, and that what is asked of images is asked often. */
export const TEMPLATES: readonly Template[] = [
  { weight: 6, make: ({ name }) => name },
  { weight: 6, make: ({ name, words }) => [name, ...words].join(", ") },
  { weight: 3, make: (thing, { random }) => captionOf(thing, random, 4) },
  // What an adapter will bring: words that hint at what the image shows, in any order.
  {
    weight: 14,
    make: ({ name, words }, { random }) =>
      words.length < 2
        ? undefined
        : asked(`${random.sample(words, 2 + random.integer(4)).join(", ")}. what is it`, name),
  },
  {
    weight: 3,
    make: ({ words, group }, { random }) =>
      words.length < 2
        ? undefined
        : asked(`${random.sample(words, 2 + random.integer(4)).join(", ")}. which group is it in`, group),
  },
  // The thing itself before what is asked of an image.
  {
    weight: 6,
    make: (_, world) => {
      const name = invented(world);
      return asked(`${name}. ${IMAGE_QUESTIONS.what}`, name);
    },
  },
  {
    weight: 8,
    make: (thing, { random }) => asked(`${captionOf(thing, random, 4)}. ${IMAGE_QUESTIONS.what}`, thing.name),
  },
  {
    weight: 5,
    make: (thing, { random }) =>
      asked(`${captionOf(thing, random, 4)}. ${IMAGE_QUESTIONS.group}`, thing.group),
  },
  {
    weight: 3,
    make: (thing, { random }) => {
      const colour = thing.colour ?? pick(COLOURS, random);
      const caption = captionOf(thing, random, 4);
      const shown = thing.colour === undefined ? painted(caption, colour) : caption;
      return asked(`${shown}. ${IMAGE_QUESTIONS.colour}`, colour);
    },
  },
  {
    weight: 3,
    make: ({ name }, { random }) => {
      const number = pick(NUMBERS, random) ?? NUMBERS[0];
      return asked(`${counted(name, number)}. ${IMAGE_QUESTIONS.count}`, number);
    },
  },
  { weight: 3, make: ({ name }) => asked(IMAGE_QUESTIONS.what, name) },
  { weight: 2, make: ({ group }) => asked(IMAGE_QUESTIONS.group, group) },
  {
    weight: 1,
    make: ({ colour }, { random }) => asked(IMAGE_QUESTIONS.colour, colour ?? pick(COLOURS, random)),
  },
  { weight: 1, make: (_, { random }) => asked(IMAGE_QUESTIONS.count, pick(NUMBERS, random)) },
  { weight: 5, make: ({ name, group }) => asked(`which group is the ${name} in`, group) },
  { weight: 2, make: ({ name, kind }) => asked(`what kind of thing is the ${name}`, kind) },
  { weight: 1, make: ({ name, colour }) => asked(`which colour is the ${name}`, colour) },
  {
    weight: 2,
    make: ({ name, colour: own }, { random }) => {
      const colour = own ?? pick(COLOURS, random);
      if (own !== undefined) return asked(`which colour is the ${name}`, own);
      return asked(`which colour is the ${painted(name, colour)}`, colour);
    },
  },
  {
    weight: 2,
    make: ({ name }, { random }) => {
      const number = pick(NUMBERS, random) ?? NUMBERS[0];
      return asked(`how many are there: ${counted(name, number)}`, number);
    },
  },
  {
    weight: 2,
    make: ({ name, otherNames }, { random }) =>
      asked(`what is another word for ${name}`, pick(otherNames, random)),
  },
  {
    weight: 2,
    make: ({ name, otherNames }, { random }) => asked(`what is ${pick(otherNames, random) ?? name}`, name),
  },
  {
    weight: 2,
    make: ({ name, words }, { random }) =>
      words.length === 0 ? undefined : asked(`what goes with ${name}`, random.sample(words, 3).join(", ")),
  },
  {
    weight: 2,
    make: ({ kind }, { byKind, random }) =>
      asked(`what is one of the ${kind}`, pick(byKind.get(kind) ?? [], random)?.name),
  },
  {
    weight: 2,
    make: (thing, { things, random }) => {
      const other = pick(things, random);
      const group = random.next() < 0.5 ? thing.group : other?.group;
      return asked(`is the ${thing.name} in ${group ?? ""}`, group === thing.group ? "yes" : "no");
    },
  },
  // Retrieved captions, one of which is right.
  {
    weight: 6,
    make: (_, world) => {
      const names = Array.from({ length: 3 }, () => invented(world));
      return asked(IMAGE_QUESTIONS.what, names[0], names);
    },
  },
  {
    weight: 16,
    make: (thing, world) => asked(IMAGE_QUESTIONS.what, thing.name, among(thing, world, captionFor(world))),
  },
  {
    weight: 8,
    make: (thing, world) =>
      `${captionPrompt(among(thing, world, captionFor(world)))}${captionOf(thing, world.random, 8)}`,
  },
  // Retrieved captions of things that are like it only.
  {
    weight: 4,
    make: (thing, world) =>
      asked(IMAGE_QUESTIONS.what, thing.name, alike(thing, world, 3).map(captionFor(world))),
  },
  {
    weight: 3,
    make: (thing, world) => {
      const like = alike(thing, world, 3).map(captionFor(world));
      return like.length === 0 ? undefined : `${captionPrompt(like)}${captionOf(thing, world.random, 8)}`;
    },
  },
  {
    weight: 6,
    make: (thing, world) =>
      asked(IMAGE_QUESTIONS.group, thing.group, alike(thing, world, 3).map(captionFor(world))),
  },
  {
    weight: 5,
    make: (thing, world) => {
      const { random } = world;
      const colour = pick(COLOURS, random);
      const plain = [thing, ...alike(thing, world, 2)].filter(({ colour: own }) => own === undefined);
      const captions = plain.map(captionFor(world));
      return asked(
        IMAGE_QUESTIONS.colour,
        colour,
        captions.map((caption) => painted(caption, colour)),
      );
    },
  },
  {
    weight: 4,
    make: (thing, world) => {
      const { random } = world;
      const number = pick(NUMBERS, random) ?? NUMBERS[0];
      const names = [thing, ...alike(thing, world, 2)].map(({ name }) => name);
      return asked(
        IMAGE_QUESTIONS.count,
        number,
        names.map((name) => counted(name, number)),
      );
    },
  },
];
