import { createRandom } from "../../../src/math/random.ts";
import { featuresOf } from "./features.ts";
import { createProblem, solutionOf, type Problem } from "./problems.ts";
import { createProposer } from "./proposer.ts";

/** How sure it is that the last step of a solution is the right one, as a log-probability. */
export type Classifier = (problem: Problem, steps: readonly string[], done: boolean) => number;

export interface Example {
  readonly features: readonly string[];
  readonly right: boolean;
}

const EPOCHS = 6;
const RATE = 0.1;
const SAMPLES = 6;

/** Steps of generated problems as a proposer with this error rate takes them, up to the first wrong one of each solution. */
export const createExamples = (problems: number, errorRate: number, seed: number): Example[] => {
  const random = createRandom(seed);
  return Array.from({ length: problems }, () => createProblem(random)).flatMap((problem) => {
    const proposer = createProposer(problem, errorRate, random.integer(2 ** 31));
    const solution = solutionOf(problem);
    return Array.from({ length: SAMPLES }, () => {
      const { payload } = proposer.finish([], random);
      const { steps } = payload.kind === "steps" ? payload : { steps: [] };
      const wrong = steps.findIndex((step, i) => step !== solution[i]);
      return steps.slice(0, wrong === -1 ? steps.length : wrong + 1).map((_, i) => ({
        features: featuresOf(problem, steps.slice(0, i + 1), i === steps.length - 1),
        right: i !== wrong,
      }));
    }).flat();
  });
};

/** Logistic regression over features by name, by AdaGrad (Duchi, Hazan and Singer, JMLR 2011). */
export const trainClassifier = (examples: readonly Example[], seed: number): Classifier => {
  const weights = new Map<string, number>();
  const squares = new Map<string, number>();
  const sumOf = (features: readonly string[]): number =>
    features.reduce((sum, name) => sum + (weights.get(name) ?? 0), 0);
  const random = createRandom(seed);
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (const { features, right } of random.shuffle(examples)) {
      const slope = 1 / (1 + Math.exp(-sumOf(features))) - (right ? 1 : 0);
      for (const name of features) {
        const square = (squares.get(name) ?? 1e-8) + slope ** 2;
        squares.set(name, square);
        weights.set(name, (weights.get(name) ?? 0) - (RATE * slope) / Math.sqrt(square));
      }
    }
  return (problem, steps, done) => {
    const sum = sumOf(featuresOf(problem, steps, done));
    return sum > 0 ? -Math.log1p(Math.exp(-sum)) : sum - Math.log1p(Math.exp(sum));
  };
};
