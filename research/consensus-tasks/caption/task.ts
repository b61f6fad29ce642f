import type { EmbeddedEmoji, EmbeddedPair } from "../../evaluation/index.ts";
import { mean } from "../../../src/math/statistics.ts";
import {
  createCaptionsGenerator,
  createMutationGenerator,
} from "../../../src/features/consensus/generators/index.ts";
import {
  runConsensus,
  type Generator,
  type Proposal,
  type ConsensusRun,
  type Scorer,
} from "../../../src/features/consensus/index.ts";
import {
  createAsifScorer,
  createCsaScorer,
  createNeighbourCaptionsScorer,
} from "../../../src/features/consensus/scorers/index.ts";
import { keywordsOf } from "../emoji.ts";
import type { EmojiStore } from "../emoji-store.ts";
import { remember } from "../remember.ts";
import type { Panel, Task } from "../types.ts";
import { wholeRun } from "../whole-run.ts";

const SCORERS = [
  "asif",
  "csa",
  "neighbour captions",
  "csa (second encoder)",
  "neighbour captions (second encoder)",
] as const;
const ROUNDS = 4;
const CAPTIONS = 24;
const BEAM = 6;
const LONGEST = 12;

/** An image, and the keywords that it has. */
export interface Captioned {
  readonly hexcode: string;
  readonly image: Float32Array;
  /** By the second encoder. */
  readonly second: Float32Array;
  readonly keywords: ReadonlySet<string>;
}

/** An emoji's caption here: the words of its label and tags. */
export const captionText = (emoji: Parameters<typeof keywordsOf>[0]): string =>
  keywordsOf(emoji).slice(0, LONGEST).join(" ");

/**
 * A list of keywords is where the mean of its words' vectors, each of length 1, points: so no text needs the encoder
 * while captions are being changed.
 */
export const createKeywordEncoder = (
  texts: ReadonlyMap<string, Float32Array>,
): ((text: string) => Float32Array | undefined) => {
  const units = new Map<string, Float32Array>();
  const unitOf = (word: string): Float32Array | undefined => {
    const vector = units.get(word) ?? texts.get(word);
    if (vector === undefined || units.has(word)) return vector;
    const norm = Math.hypot(...vector) || 1;
    const scaled = vector.map((value) => value / norm);
    units.set(word, scaled);
    return scaled;
  };
  return (text) => {
    const vectors = text.split(" ").flatMap((word) => unitOf(word) ?? []);
    const [first] = vectors;
    return first?.map((_, j) => vectors.reduce((sum, vector) => sum + (vector[j] ?? 0), 0) / vectors.length);
  };
};

/** Keywords for emoji that no anchor shows: those of the nearest anchors, then one added, dropped or swapped. */
export const createCaptionTask = (
  store: EmojiStore,
  second: EmojiStore,
  { texts }: Pick<EmbeddedEmoji, "texts">,
): Task<Captioned> => {
  const encode = createKeywordEncoder(texts);
  const asked = new WeakMap<
    Captioned,
    { readonly generators: readonly Generator[]; readonly scorers: readonly Scorer[] }
  >();
  const askedOf = (item: Captioned) => {
    const known = asked.get(item);
    if (known !== undefined) return known;
    const scene = store.sceneOf({ images: item.image, texts: new Float32Array() }, encode);
    const other = second.sceneOf({ images: item.second, texts: new Float32Array() }, encode);
    const made = {
      generators: [createCaptionsGenerator(scene), createMutationGenerator(scene, { longest: LONGEST })],
      scorers: [
        createAsifScorer(scene),
        createCsaScorer(scene),
        createNeighbourCaptionsScorer(scene),
        createCsaScorer(other, { name: "csa, second" }),
        createNeighbourCaptionsScorer(other, { name: "neighbour captions, second" }),
      ].map(remember),
    };
    asked.set(item, made);
    return made;
  };
  const members = [...SCORERS.keys()];
  const all: Panel = { members, weights: members.map(() => 1), rounds: ROUNDS };
  const caption = (item: Captioned, panel: Panel, signal: AbortSignal): Promise<ConsensusRun> =>
    run(askedOf(item), panel, signal);
  const itemsOf = (drawn: readonly EmbeddedPair[], again: readonly EmbeddedPair[]): Captioned[] =>
    drawn.map(({ emoji, imageVector }, i) => ({
      hexcode: emoji.hexcode,
      image: imageVector,
      second: again[i]?.imageVector ?? new Float32Array(),
      keywords: new Set(keywordsOf(emoji)),
    }));
  return {
    name: "caption",
    about: `Keywords for an image, ${CAPTIONS} lists a generator and round, ${ROUNDS} rounds; value: F1 with the words of its label and tags.`,
    scorers: SCORERS,
    rounds: ROUNDS,
    development: itemsOf(store.development, second.development),
    test: itemsOf(store.test, second.test),
    subjectOf: ({ hexcode }) => hexcode,
    solve: async (item, panel, signal) => {
      const { winner } = await caption(item, panel, signal);
      return winner === null ? 0 : overlapOf(item, winner.proposal);
    },
    bounds: async (item, signal) => {
      const { ranking } = await caption(item, { ...all, rounds: 1 }, signal);
      const values = ranking.map(({ proposal }) => overlapOf(item, proposal));
      return { random: mean(values), oracle: Math.max(...values) };
    },
    labelled: async (item, signal) => {
      const { ranking } = await caption(item, all, signal);
      const values = ranking.map(({ proposal }) => overlapOf(item, proposal));
      const best = Math.max(...values);
      if (best === Math.min(...values)) return undefined;
      return {
        members: members.map((n) => Float64Array.from(ranking, ({ scores }) => scores[n] ?? Number.NaN)),
        right: values.flatMap((value, i) => (value === best ? [i] : [])),
      };
    },
  };
};

const overlapOf = ({ keywords }: Captioned, { payload }: Proposal): number =>
  payload.kind === "text" ? f1(new Set(payload.text.split(" ")), keywords) : 0;

/** The harmonic mean of precision and recall. */
export const f1 = (found: ReadonlySet<string>, wanted: ReadonlySet<string>): number => {
  const shared = [...found].filter((word) => wanted.has(word)).length;
  return found.size + wanted.size === 0 ? 0 : (2 * shared) / (found.size + wanted.size);
};

const run = (
  { generators, scorers }: { readonly generators: readonly Generator[]; readonly scorers: readonly Scorer[] },
  { members, weights, rounds }: Panel,
  signal: AbortSignal,
): Promise<ConsensusRun> =>
  runConsensus(
    {
      generators,
      scorers: members.flatMap((n) => scorers[n] ?? []),
      weights,
      ...wholeRun(rounds),
      proposals: CAPTIONS,
      beam: BEAM,
      seed: 1,
    },
    { signal },
  );
