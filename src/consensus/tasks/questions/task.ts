import type { EmbeddedEmoji } from "../../../evaluation/index.ts";
import { mean } from "../../../statistics.ts";
import { createTagsGenerator } from "../../generators/store.ts";
import { runConsensus, type Generator, type Proposal, type Run, type Scorer } from "../../index.ts";
import { labelsAt, type Scene } from "../../scene/index.ts";
import {
  createAsifScorer,
  createKnnVoteScorer,
  createNeighbourCaptionsScorer,
  createProbeScorer,
} from "../../scorers/index.ts";
import { spoken } from "../emoji.ts";
import type { EmojiStore } from "../emoji-store.ts";
import { remember } from "../remember.ts";
import type { Panel, Task } from "../types.ts";

const SCORERS = [
  "asif",
  "neighbour captions",
  "kNN vote",
  "probe",
  "kNN vote (second encoder)",
  "probe (second encoder)",
] as const;

/** The metadata field that has the answer, which nobody has been told of what is asked about. */
type Field = "subgroup" | "tags";

/** What kind of thing it is, or which word goes with it; about one image or about frames. */
export interface Question {
  readonly field: Field;
  readonly hexcode: string;
  readonly images: Float32Array;
  /** By the second encoder. */
  readonly seconds: Float32Array;
  readonly answers: ReadonlySet<string>;
}

const ROUNDS = 2;
const ANSWERS = 16;
const BEAM = 4;
const NEAREST = 40;

/** What an image encoder shows. */
export interface Eye {
  readonly store: EmojiStore;
  /** Of an animation, by the hexcode of what it shows. */
  readonly frames: ReadonlyMap<string, Float32Array>;
}

/** Questions about emoji that no anchor shows, every other one about frames instead of one image. */
export const createQuestionsTask = (
  first: Eye,
  second: Eye,
  { texts }: Pick<EmbeddedEmoji, "texts">,
): Task<Question> => {
  const scenes = new WeakMap<Question, { readonly scene: Scene; readonly scorers: readonly Scorer[] }>();
  const knownOf = (question: Question) => {
    const known = scenes.get(question);
    if (known !== undefined) return known;
    const { field, images, seconds } = question;
    const sceneBy = ({ store }: Eye, shown: Float32Array): Scene =>
      store.sceneOf({ images: shown, texts: new Float32Array() }, (text) => texts.get(spoken(text)));
    const scene = sceneBy(first, images);
    const other = sceneBy(second, seconds);
    const scorers = [
      createAsifScorer(scene),
      createNeighbourCaptionsScorer(scene),
      createKnnVoteScorer(scene, { field }),
      createProbeScorer(scene, { field }),
      createKnnVoteScorer(other, { field, name: "kNN vote, second" }),
      createProbeScorer(other, { field, name: "probe, second" }),
    ].map(remember);
    scenes.set(question, { scene, scorers });
    return { scene, scorers };
  };
  const members = [...SCORERS.keys()];
  const all: Panel = { members, weights: members.map(() => 1), rounds: ROUNDS };
  const ask = (question: Question, panel: Panel, signal: AbortSignal): Promise<Run> =>
    answer(knownOf(question), question.field, panel, signal);
  const isRight = ({ answers }: Question, { payload }: Proposal): boolean =>
    payload.kind === "text" && answers.has(payload.text.toLowerCase());
  return {
    name: "questions",
    about: `What kind of thing is it, and which word goes with it, about an image or about four frames of an animation; answers out of all kinds and tags in the store, ${ANSWERS} a round, ${ROUNDS} rounds; value: the answer is right.`,
    scorers: SCORERS,
    rounds: ROUNDS,
    development: questionsOf(first, second, "development"),
    test: questionsOf(first, second, "test"),
    subjectOf: ({ hexcode }) => hexcode,
    solve: async (question, panel, signal) => {
      const { winner } = await ask(question, panel, signal);
      return winner !== null && isRight(question, winner.proposal) ? 1 : 0;
    },
    bounds: async (question, signal) => {
      const { ranking } = await ask(question, { ...all, rounds: 1 }, signal);
      const values = ranking.map(({ proposal }) => (isRight(question, proposal) ? 1 : 0));
      return { random: mean(values), oracle: Math.max(...values) };
    },
    labelled: async (question, signal) => {
      const { ranking } = await ask(question, all, signal);
      const right = ranking.flatMap(({ proposal }, i) => (isRight(question, proposal) ? [i] : []));
      if (right.length === 0) return undefined;
      return {
        members: members.map((n) => Float64Array.from(ranking, ({ scores }) => scores[n] ?? Number.NaN)),
        right,
      };
    },
  };
};

const questionsOf = (first: Eye, second: Eye, split: "development" | "test"): Question[] =>
  first.store[split].map(({ emoji, imageVector }, i): Question => {
    const { hexcode } = emoji;
    const seenBy = ({ frames }: Eye, vector: Float32Array): Float32Array =>
      i % 2 === 0 ? vector : (frames.get(hexcode) ?? vector);
    const images = seenBy(first, imageVector);
    const seconds = seenBy(second, second.store[split][i]?.imageVector ?? new Float32Array());
    return Math.floor(i / 2) % 2 === 0
      ? { field: "subgroup", hexcode, images, seconds, answers: new Set([emoji.subgroup]) }
      : {
          field: "tags",
          hexcode,
          images,
          seconds,
          answers: new Set(emoji.tags.map((tag) => tag.toLowerCase())),
        };
  });

const answer = (
  { scene, scorers }: { readonly scene: Scene; readonly scorers: readonly Scorer[] },
  field: Field,
  { members, weights, rounds }: Panel,
  signal: AbortSignal,
): Promise<Run> =>
  runConsensus(
    {
      generators: [createTagsGenerator(scene, { field, k: NEAREST }), answersNear(scene, field)],
      scorers: members.flatMap((n) => scorers[n] ?? []),
      weights,
      aggregation: { kind: "mean" },
      proposals: ANSWERS,
      beam: BEAM,
      temperature: 0,
      rounds,
      scoreBudget: Number.MAX_SAFE_INTEGER,
      timeBudgetMs: Number.MAX_SAFE_INTEGER,
      epsilon: 0,
      patience: rounds,
      stopWhenUnanimous: false,
      quorum: 1,
      abstain: {},
      seed: 1,
    },
    { signal },
  );

/** What the anchors have in the field whose captions are nearest to the survivors. */
const answersNear = (scene: Scene, field: Field): Generator => ({
  name: "answers near",
  propose: async ({ survivors, has }, count) => {
    const made = new Map<
      string,
      { readonly payload: { readonly kind: "text"; readonly text: string }; readonly parents: string[] }
    >();
    for (const { proposal } of survivors) {
      const [item] = await scene.itemsOf([proposal.payload], "text");
      if (item === undefined) continue;
      const [near] = await scene.nearest([item], NEAREST);
      for (const slot of near?.slots ?? [])
        for (const text of labelsAt(scene, slot, field)) {
          const payload = { kind: "text", text } as const;
          if (!made.has(text) && !has(payload)) made.set(text, { payload, parents: [proposal.id] });
        }
    }
    return [...made.values()].slice(0, count);
  },
});
