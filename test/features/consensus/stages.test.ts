import { describe, expect, test } from "vitest";
import {
  replay,
  runConsensus,
  stageOfSteps,
  type Generator,
  type Scorer,
} from "../../../src/features/consensus/index.ts";
import { planOf } from "../../support/consensus-plan.ts";

const signal = new AbortController().signal;

/** Words are spelt letter by letter; some end after two. */
const speller: Generator = {
  name: "speller",
  propose: ({ round, survivors }) =>
    Promise.resolve(
      (round === 1 ? [[]] : survivors.map(({ proposal: { payload } }) => stepsOf(payload))).flatMap((steps) =>
        ["a", "b", "c"].map((letter) => ({
          payload: {
            kind: "steps" as const,
            steps: [...steps, letter],
            done: steps.length === 3 || (letter === "c" && steps.length > 0),
          },
        })),
      ),
    ),
};

const stepsOf = (payload: { readonly kind: string; readonly steps?: readonly string[] }): readonly string[] =>
  payload.steps ?? [];

const scorer = (name: string, judge: (word: string) => number): Scorer => ({
  name,
  kinds: ["steps"],
  calibration: { kind: "z" },
  onFailure: "fail",
  timeoutMs: 1_000,
  score: (proposals) =>
    Promise.resolve({
      scores: Float64Array.from(proposals, ({ payload }) => judge(stepsOf(payload).join(""))),
    }),
});

const count = (letter: string) => (word: string) => word.split(letter).length - 1;
/** Better the shorter a word is: what has only begun would win everything. */
const short = scorer("short", (word) => -word.length);

describe("stages", () => {
  test("give finished solutions a contest of their own, however good unfinished ones look", async () => {
    const plan = planOf({
      generators: [speller],
      scorers: [short],
      beam: 9,
      patience: 10,
      stageOf: stageOfSteps,
    });
    const { winner, stopped, ranking } = await runConsensus(plan, { signal });
    expect(winner?.proposal.payload).toEqual({ kind: "steps", steps: ["a", "c"], done: true });
    expect(stopped).toBe("no-proposals");
    const stages = ranking.map(({ proposal }) => stageOfSteps(proposal.payload));
    expect(stages).toEqual([...stages].sort((a, b) => b - a));
  });

  test("let finished solutions of several lengths be held against each other", async () => {
    const plan = planOf({
      generators: [speller],
      scorers: [scorer("many a", count("a"))],
      beam: 3,
      stageOf: stageOfSteps,
    });
    const { winner, ranking } = await runConsensus(plan, { signal });
    expect(winner?.proposal.payload).toMatchObject({ steps: ["a", "a", "a", "a"], done: true });
    const lengths = new Set(
      ranking
        .filter(({ proposal: { payload } }) => payload.kind === "steps" && payload.done)
        .map(({ proposal }) => stepsOf(proposal.payload).length),
    );
    expect(lengths).toEqual(new Set([2, 3, 4]));
  });

  test("keep no more than the beam of the unfinished ones that are new", async () => {
    const plan = planOf({
      generators: [speller],
      scorers: [scorer("many b", count("b"))],
      beam: 2,
      stageOf: stageOfSteps,
    });
    const { rounds } = await runConsensus(plan, { signal });
    expect(rounds.map(({ survivors }) => survivors.length)).toEqual([2, 2, 2, 0, 0]);
    for (const { proposed, survivors } of rounds)
      expect(proposed.map(({ id }) => id)).toEqual(
        expect.arrayContaining(survivors.map(({ proposal }) => proposal)),
      );
  });

  test("calibrate and agree within the stage of the winner, and can be replayed", async () => {
    const plan = planOf({
      generators: [speller],
      scorers: [scorer("many a", count("a")), short],
      beam: 4,
      stageOf: stageOfSteps,
    });
    const done = await runConsensus(plan, { signal });
    const finished = done.ranking.filter(({ proposal }) => stageOfSteps(proposal.payload) === Infinity);
    for (const n of [0, 1]) {
      const sum = finished.reduce((total, { scores }) => total + (scores[n] ?? 0), 0);
      expect(sum).toBeCloseTo(0, 9);
    }
    expect(done.alone.map(({ proposal }) => proposal?.payload)).toEqual([
      { kind: "steps", steps: ["a", "a", "a", "a"], done: true },
      { kind: "steps", steps: ["a", "c"], done: true },
    ]);
    const how = {
      calibrations: plan.scorers.map(({ calibration }) => calibration),
      aggregation: plan.aggregation,
      stageOf: stageOfSteps,
    };
    expect(replay(done, how)).toBe(done.winner?.proposal.id);
  });
});
