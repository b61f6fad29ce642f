import { createRandom } from "../../src/math/random.ts";
import { emojiCaption, type Emoji } from "../../src/features/sample/index.ts";
import { chooseAnchors, type AnchorChoice } from "./emoji-protocol.ts";
import type { EmbeddedPair } from "./emoji-vectors.ts";
import { layersOf, type Layer } from "./layers.ts";
import {
  openTrialSpace,
  type Questions,
  ranksIn,
  type Run,
  type RunOptions,
  type Task,
  type TrialSettings,
} from "../../src/features/evaluation/index.ts";

/** The words of an emoji: its label alone, or with its tags. */
export type Words = "label" | "tags";

/** What is varied from row to row of a table. */
export interface Configuration extends AnchorChoice, TrialSettings {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Of the anchors. */
  readonly captions: Words;
  /** Of the classes. */
  readonly prompts: Words;
}

/** Everything that runs are made of. */
export interface EmojiData {
  readonly pairs: readonly EmbeddedPair[];
  readonly queryVendor: string;
  /** Of every caption and prompt, see {@link wordsOf}. */
  readonly texts: ReadonlyMap<string, Float32Array>;
  /** The half of the eligible classes that runs draw theirs from. */
  readonly half: readonly string[];
}

export const wordsOf = (emoji: Emoji, words: Words): string =>
  words === "label" ? emoji.label : emojiCaption(emoji);

/**
 * The runs of each configuration, in their order, of the seeds 0 .. `seeds` - 1. Each run draws classes, makes a
 * collection's memory of the anchors and classifies the query vendor's drawings of the classes, all by the code that
 * serves queries. The runs of one seed ask the same questions.
 *
 * @throws the signal's reason where it aborts.
 */
export const runConfigurations = async (
  data: EmojiData,
  configurations: readonly Configuration[],
  { classes, seeds, signal, onProgress }: RunOptions & { readonly classes: number },
): Promise<Run[][]> => {
  const runs = configurations.map((): Run[] => []);
  const total = seeds * configurations.length;
  let done = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const heldOut = createRandom(seed).sample(data.half, classes);
    for (const group of groupsOf(configurations)) {
      onProgress(done, total);
      const anchors = anchorsOf(data, group.anchors, heldOut, seed);
      const space = await openTrialSpace(anchors, group.anchors.transform);
      try {
        for (const { configuration, index } of group.members) {
          signal.throwIfAborted();
          const ranks = await ranksIn(space, questionsOf(data, configuration, heldOut), configuration);
          runs[index]?.push({
            anchors: anchors.length,
            results: ranks.map((rank, i) => ({ rank, subject: heldOut[i] ?? "" })),
          });
          onProgress(++done, total);
        }
      } finally {
        space.close();
      }
    }
  }
  return runs;
};

/** What one run of a configuration asks, and of which anchors. */
export const emojiTask = (
  data: EmojiData,
  configuration: Configuration,
  classes: number,
  seed: number,
): Task => {
  const heldOut = createRandom(seed).sample(data.half, classes);
  return {
    anchors: anchorsOf(data, configuration, heldOut, seed),
    ...questionsOf(data, configuration, heldOut),
    subjects: heldOut,
  };
};

interface Group {
  readonly anchors: Configuration;
  readonly members: { readonly configuration: Configuration; readonly index: number }[];
}

/** Configurations of the same anchors share one memory, and with it what is fitted. */
const groupsOf = (configurations: readonly Configuration[]): Group[] => {
  const groups = new Map<string, Group>();
  configurations.forEach((configuration, index) => {
    const { vendors, style, captions, layers, count } = configuration;
    const key = JSON.stringify([vendors, style, captions, layers, count ?? null]);
    const group = groups.get(key) ?? { anchors: configuration, members: [] };
    group.members.push({ configuration, index });
    groups.set(key, group);
  });
  return [...groups.values()];
};

const anchorsOf = (data: EmojiData, configuration: Configuration, heldOut: readonly string[], seed: number) =>
  chooseAnchors(data.pairs, data.queryVendor, configuration, heldOut, seed).map(
    ({ id, emoji, imageVector }) => ({
      id,
      imageVector: layersOf(imageVector, configuration.layers),
      textVector: vectorOf(data, wordsOf(emoji, configuration.captions)),
    }),
  );

/** One drawing a class, in the order of the classes. */
const questionsOf = (
  data: EmojiData,
  { layers, prompts }: Configuration,
  heldOut: readonly string[],
): Questions => {
  const drawn = new Map(
    data.pairs
      .filter(({ vendor }) => vendor === data.queryVendor)
      .map((pair) => [pair.emoji.hexcode, pair] as const),
  );
  const queries = heldOut.flatMap((hexcode) => drawn.get(hexcode) ?? []);
  return {
    images: queries.map(({ imageVector }) => layersOf(imageVector, layers)),
    truths: queries.map((_, i) => i),
    classes: queries.map(({ emoji }) => ({ prompts: [vectorOf(data, wordsOf(emoji, prompts))] })),
  };
};

const vectorOf = ({ texts }: EmojiData, text: string): Float32Array => {
  const vector = texts.get(text);
  if (vector === undefined) throw new RangeError(`"${text}" has no vector`);
  return vector;
};
