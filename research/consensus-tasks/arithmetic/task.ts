import { mean } from "../../../src/math/statistics.ts";
import { createRandom } from "../../../src/math/random.ts";
import { randomOf } from "../random-of.ts";
import type { Task } from "../types.ts";
import { createExamples, trainClassifier, type Classifier } from "./classifier.ts";
import { createProblem } from "./problems.ts";
import { isRight, sampleSolutions, SCORERS, solve, type Item, type Setting } from "./solve.ts";
import { stepsOf } from "./scorers.ts";

export const ERROR_RATE = 0.3;
const BEAM = 5;
const GREEDY = 1;

/** A classifier of steps, trained on generated problems that are no item of a task. */
export const createClassifier = (problems: number, seed: number): Classifier =>
  trainClassifier(createExamples(problems, ERROR_RATE, seedOf(seed, "training")), seedOf(seed, "classifier"));

export const createItems = (count: number, seed: number): Item[] => {
  const random = createRandom(seedOf(seed, "items"));
  return Array.from({ length: count }, () => ({
    problem: createProblem(random),
    seed: random.integer(2 ** 31),
  }));
};

const seedOf = (seed: number, part: string): number => randomOf("arithmetic", seed, part).integer(2 ** 31);

/** Word problems, solved step by step by a solver that makes mistakes: a success is the right final number. */
export const createArithmeticTask = (counts: {
  readonly training: number;
  readonly development: number;
  readonly test: number;
  readonly seed: number;
}): Task<Item> => {
  const items = createItems(counts.development + counts.test, counts.seed);
  const setting: Setting = {
    classifier: createClassifier(counts.training, counts.seed),
    aggregation: "sum",
    errorRate: ERROR_RATE,
    beam: BEAM,
  };
  return {
    name: "arithmetic",
    about: `Word problems of 2 to 10 steps, beam ${BEAM}, ${ERROR_RATE * 100} % of proposed steps wrong; value: the final number is right.`,
    scorers: SCORERS,
    rounds: 1,
    otherBeams: [GREEDY],
    development: items.slice(0, counts.development),
    test: items.slice(counts.development),
    subjectOf: ({ seed }) => String(seed),
    solve: (item, panel, signal) => solve(item, panel, { ...setting, beam: panel.beam ?? BEAM }, signal),
    bounds: async (item, signal) => {
      const { ranking } = await sampleSolutions(item, setting, signal);
      const values = ranking.flatMap(({ proposal, multiplicity }) =>
        Array.from({ length: multiplicity }, () =>
          isRight(item.problem, stepsOf(proposal.payload).steps) ? 1 : 0,
        ),
      );
      return { random: mean(values), oracle: Math.max(...values) };
    },
    labelled: async (item, signal) => {
      const { ranking } = await sampleSolutions(item, setting, signal);
      const right = ranking.flatMap(({ proposal }, i) =>
        isRight(item.problem, stepsOf(proposal.payload).steps) ? [i] : [],
      );
      if (right.length === 0 || right.length === ranking.length) return undefined;
      return {
        members: SCORERS.map((_, n) => Float64Array.from(ranking, ({ scores }) => scores[n] ?? Number.NaN)),
        right,
      };
    },
  };
};
