import { createVotesScorer } from "../../../src/features/consensus/scorers/index.ts";
import type { Payload, Scorer } from "../../../src/features/consensus/types.ts";
import type { Classifier } from "./classifier.ts";
import { answerOf, type Problem } from "./problems.ts";

const common = {
  kinds: ["steps"],
  calibration: { kind: "z" },
  onFailure: "fail",
  timeoutMs: 3_600_000,
} as const;

/** How the scores of its steps become the score of a solution. */
export type StepAggregation = "last" | "min" | "mean" | "sum";

/** A question-solution classifier: how likely each step is the right one. */
export const classifierScorer = (
  classifier: Classifier,
  problem: Problem,
  aggregation: StepAggregation,
): Scorer => ({
  ...common,
  name: "classifier",
  score: (proposals) =>
    Promise.resolve({
      scores: Float64Array.from(proposals, ({ payload }) => {
        const { steps, done } = stepsOf(payload);
        const from = aggregation === "last" ? steps.length - 1 : 0;
        const scores = steps
          .slice(from)
          .map((_, i) =>
            classifier(problem, steps.slice(0, from + i + 1), done && from + i === steps.length - 1),
          );
        const sum = scores.reduce((a, b) => a + b, 0);
        switch (aggregation) {
          case "last":
          case "sum":
            return sum;
          case "min":
            return Math.min(...scores);
          case "mean":
            return sum / scores.length;
        }
      }),
    }),
});

/** What the proposer itself believes, a step. */
export const likelihoodScorer = (): Scorer => ({
  ...common,
  name: "likelihood",
  score: (proposals) =>
    Promise.resolve({
      scores: Float64Array.from(
        proposals,
        ({ logProbability, payload }) =>
          (logProbability ?? Number.NaN) / Math.max(1, stepsOf(payload).steps.length),
      ),
    }),
});

/** Self-consistency: how many of the solutions as far along come to the same. */
export const voteScorer = (): Scorer => createVotesScorer({ name: "vote", answerOf: resultOf });

const resultOf = (payload: Payload): string => {
  const { steps, done } = stepsOf(payload);
  return `${done ? "done" : steps.length}:${answerOf(steps)}`;
};

export const stepsOf = (payload: Payload): { readonly steps: readonly string[]; readonly done: boolean } =>
  payload.kind === "steps" ? payload : { steps: [], done: false };
