import type { EmbeddedEmoji, EmbeddedPair } from "../../evaluation/index.ts";
import { mean } from "../../../src/math/statistics.ts";
import { createTagsGenerator } from "../../../src/features/consensus/generators/store.ts";
import {
  runConsensus,
  type Generator,
  type Proposal,
  type ConsensusRun,
  type Scorer,
} from "../../../src/features/consensus/index.ts";
import { labelsAt, type Scene } from "../../../src/features/consensus/scene/index.ts";
import { createKnnVoteScorer, createProbeScorer } from "../../../src/features/consensus/scorers/index.ts";
import { spoken } from "../emoji.ts";
import type { EmojiStore } from "../emoji-store.ts";
import { remember } from "../remember.ts";
import type { Panel, Task } from "../types.ts";
import { wholeRun } from "../whole-run.ts";

/** The metadata field that has the answer, which nobody has been told of what is asked about. */
type Field = "subgroup" | "tags";

/** What kind of thing it is, or which word goes with it; about one image or about frames. */
export interface Question {
  readonly field: Field;
  readonly hexcode: string;
  readonly images: Float32Array;
  readonly answers: ReadonlySet<string>;
}

const ROUNDS = 2;
const ANSWERS = 8;
const BEAM = 4;
const NEAREST = 40;

/** Drawings of some hands, which nobody else has seen. */
export interface Owned {
  readonly owner: string;
  readonly store: EmojiStore;
}

/**
 * Questions about emoji that no anchor shows, every other one about frames instead of one image. Each owner proposes and
 * judges by the own drawings alone, by a vote of the nearest and by a probe.
 *
 * @param frames of an animation, by the hexcode of what it shows
 */
export const createQuestionsTask = (
  owned: readonly Owned[],
  { texts }: Pick<EmbeddedEmoji, "texts">,
  frames: ReadonlyMap<string, Float32Array>,
): Task<Question> => {
  const known = new WeakMap<Question, Asked>();
  const knownOf = (question: Question): Asked => {
    const { field, images } = question;
    const scenes = owned.map(({ store }) =>
      store.sceneOf({ images, texts: new Float32Array() }, (text) => texts.get(spoken(text))),
    );
    const asked = known.get(question) ?? {
      generators: scenes.flatMap((scene, n) => [
        createTagsGenerator(scene, { field, k: NEAREST, name: `tags ${n}` }),
        answersNear(scene, field, `answers near ${n}`),
      ]),
      scorers: scenes
        .flatMap((scene, n) => [
          createKnnVoteScorer(scene, { field, name: `vote ${n}` }),
          createProbeScorer(scene, { field, name: `probe ${n}` }),
        ])
        .map(remember),
    };
    known.set(question, asked);
    return asked;
  };
  const scorers = owned.flatMap(({ owner }) => [`kNN vote (${owner})`, `probe (${owner})`]);
  const [{ development, test } = { development: [], test: [] }] = owned.map(({ store }) => store);
  const members = [...scorers.keys()];
  const all: Panel = { members, weights: members.map(() => 1), rounds: ROUNDS };
  const ask = (question: Question, panel: Panel, signal: AbortSignal): Promise<ConsensusRun> =>
    answer(knownOf(question), panel, signal);
  const isRight = ({ answers }: Question, { payload }: Proposal): boolean =>
    payload.kind === "text" && answers.has(payload.text.toLowerCase());
  return {
    name: "questions",
    about: `What kind of thing is it, and which word goes with it, about an image or about four frames of an animation; answers out of all kinds and tags in the stores of three owners, ${ANSWERS} a generator and round, ${ROUNDS} rounds; value: the answer is right.`,
    scorers,
    rounds: ROUNDS,
    development: questionsOf(development, frames),
    test: questionsOf(test, frames),
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

const questionsOf = (pairs: readonly EmbeddedPair[], frames: ReadonlyMap<string, Float32Array>): Question[] =>
  pairs.map(({ emoji, imageVector }, i): Question => {
    const { hexcode } = emoji;
    const images = i % 2 === 0 ? imageVector : (frames.get(hexcode) ?? imageVector);
    return Math.floor(i / 2) % 2 === 0
      ? { field: "subgroup", hexcode, images, answers: new Set([emoji.subgroup]) }
      : { field: "tags", hexcode, images, answers: new Set(emoji.tags.map((tag) => tag.toLowerCase())) };
  });

interface Asked {
  readonly generators: readonly Generator[];
  readonly scorers: readonly Scorer[];
}

const answer = (
  { generators, scorers }: Asked,
  { members, weights, rounds }: Panel,
  signal: AbortSignal,
): Promise<ConsensusRun> =>
  runConsensus(
    {
      generators,
      scorers: members.flatMap((n) => scorers[n] ?? []),
      weights,
      ...wholeRun(rounds),
      proposals: ANSWERS,
      beam: BEAM,
      seed: 1,
    },
    { signal },
  );

/** What the anchors have in the field whose captions are nearest to the survivors. */
const answersNear = (scene: Scene, field: Field, name: string): Generator => ({
  name,
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
