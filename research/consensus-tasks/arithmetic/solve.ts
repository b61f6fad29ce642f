import { createRandom } from "../../../src/math/random.ts";
import {
  runConsensus,
  stageOfSteps,
  type Generator,
  type ConsensusPlan,
  type Proposed,
  type ConsensusRun,
  type Scorer,
} from "../../../src/features/consensus/index.ts";
import { createArithmeticScorer } from "../../../src/features/consensus/scorers/arithmetic.ts";
import { randomOf } from "../random-of.ts";
import { wholeRun } from "../whole-run.ts";
import type { Classifier } from "./classifier.ts";
import { answerOf, type Problem } from "./problems.ts";
import { createProposer, stepGenerator } from "./proposer.ts";
import { classifierScorer, likelihoodScorer, stepsOf, voteScorer, type StepAggregation } from "./scorers.ts";

export const SCORERS = ["likelihood", "classifier", "checker", "vote"] as const;

/** A problem with the seed of who solves it. */
export interface Item {
  readonly problem: Problem;
  readonly seed: number;
}

export interface Setting {
  readonly classifier: Classifier;
  readonly aggregation: StepAggregation;
  readonly errorRate: number;
  readonly beam: number;
}

/** Continuations of each survivor. */
const BRANCHES = 5;
const LONGEST = 12;
/** Of the finished solutions, those that a later pass goes back into. */
const REVISED = 3;

/**
 * Beam search over steps; a later pass cuts the best solutions at a step and goes on from there, and all finished
 * solutions stay in the contest.
 *
 * @param members places in {@link SCORERS}
 * @param rounds passes
 * @returns whether the winner comes to the right number: 1 or 0
 */
export const solve = async (
  { problem, seed }: Item,
  panel: {
    readonly members: readonly number[];
    readonly weights: readonly number[];
    readonly rounds: number;
  },
  setting: Setting,
  signal: AbortSignal,
): Promise<number> => {
  const proposer = createProposer(problem, setting.errorRate, seed);
  const random = randomOf(seed, "passes");
  let starts: readonly (readonly string[])[] = [[]];
  let finished: readonly Proposed[] = [];
  let steps: readonly string[] = [];
  for (let pass = 0; pass < panel.rounds; pass++) {
    const plan = planOf(problem, panel, setting, random.integer(2 ** 31));
    const generators = [listOf(finished), stepGenerator(proposer, starts)];
    const { ranking } = await runConsensus({ ...plan, generators }, { signal });
    const done = ranking.filter(({ proposal: { payload } }) => stepsOf(payload).done);
    finished = done.flatMap(({ proposal: { payload, logProbability }, multiplicity }) =>
      Array.from({ length: multiplicity }, () => ({
        payload,
        ...(logProbability === undefined ? {} : { logProbability }),
      })),
    );
    const best = done.slice(0, REVISED).map(({ proposal }) => stepsOf(proposal.payload).steps);
    steps = best[0] ?? steps;
    const cut = random.integer(Math.max(1, steps.length));
    starts = [
      ...new Map(best.map((each) => [each.slice(0, cut).join(";"), each.slice(0, cut)] as const)).values(),
    ].filter((start) => start.length === cut);
  }
  return isRight(problem, steps) ? 1 : 0;
};

/** So many whole solutions, each of its own, scored by all. */
export const sampleSolutions = (
  { problem, seed }: Item,
  setting: Setting,
  signal: AbortSignal,
): Promise<ConsensusRun> => {
  const random = createRandom(seed);
  const proposer = createProposer(problem, setting.errorRate, seed);
  const solutions = Array.from({ length: setting.beam * BRANCHES }, () => proposer.finish([], random));
  const members = [...SCORERS.keys()];
  const panel = { members, weights: members.map(() => 1), rounds: 1 };
  const plan = planOf(problem, panel, setting, seed);
  return runConsensus({ ...plan, rounds: 1, generators: [listOf(solutions)] }, { signal });
};

export const isRight = ({ answer }: Problem, steps: readonly string[]): boolean => answerOf(steps) === answer;

const planOf = (
  problem: Problem,
  { members, weights }: { readonly members: readonly number[]; readonly weights: readonly number[] },
  { classifier, aggregation, beam }: Setting,
  seed: number,
): Omit<ConsensusPlan, "generators"> => ({
  scorers: members.map((n) => scorerOf(SCORERS[n] ?? "likelihood", problem, classifier, aggregation)),
  weights,
  ...wholeRun(LONGEST),
  proposals: beam * BRANCHES,
  beam,
  stageOf: stageOfSteps,
  seed,
});

const scorerOf = (
  name: (typeof SCORERS)[number],
  problem: Problem,
  classifier: Classifier,
  aggregation: StepAggregation,
): Scorer => {
  switch (name) {
    case "likelihood":
      return likelihoodScorer();
    case "classifier":
      return classifierScorer(classifier, problem, aggregation);
    case "checker":
      return createArithmeticScorer({ calibration: { kind: "z" } });
    case "vote":
      return voteScorer();
  }
};

const listOf = (proposed: readonly Proposed[]): Generator => ({
  name: "finished",
  propose: ({ round }) => Promise.resolve(round === 1 ? proposed : []),
});
