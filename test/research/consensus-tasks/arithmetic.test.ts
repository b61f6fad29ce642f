import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { equationsIn } from "../../../src/features/consensus/scorers/equations.ts";
import {
  createExamples,
  trainClassifier,
  type Classifier,
} from "../../../research/consensus-tasks/arithmetic/classifier.ts";
import {
  answerOf,
  createProblem,
  numbersIn,
  readStep,
  solutionOf,
} from "../../../research/consensus-tasks/arithmetic/problems.ts";
import { createProposer } from "../../../research/consensus-tasks/arithmetic/proposer.ts";
import { voteScorer } from "../../../research/consensus-tasks/arithmetic/scorers.ts";
import { sampleSolutions, solve } from "../../../research/consensus-tasks/arithmetic/solve.ts";
import { createItems } from "../../../research/consensus-tasks/arithmetic/task.ts";
import { createRandom } from "../../../src/math/random.ts";

const signal = new AbortController().signal;
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const PANEL = { members: [1, 2], weights: [1, 1], rounds: 1 };

const stepsOf = ({ payload }: { readonly payload: { readonly kind: string } }): readonly string[] =>
  "steps" in payload ? (payload.steps as readonly string[]) : [];

describe("word problems", () => {
  test("come to their answer by their plan, in steps that hold and use what the question says", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = createProblem(createRandom(seed));
        const steps = solutionOf(problem);
        expect(answerOf(steps)).toBe(problem.answer);
        expect(Number.isInteger(problem.answer) && problem.answer > 0).toBe(true);
        const known = new Set(problem.sentences.flatMap(numbersIn));
        for (const text of steps) {
          expect(equationsIn(text)).toMatchObject([{ holds: true }]);
          const step = readStep(text);
          expect(known.has(step?.left ?? NaN) && known.has(step?.right ?? NaN)).toBe(true);
          known.add(step?.result ?? NaN);
        }
      }),
    );
  });
});

describe("the proposer", () => {
  test("makes no mistake at an error rate of 0", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = createProblem(createRandom(seed));
        const made = createProposer(problem, 0, seed).finish([], createRandom(seed + 1));
        expect(made.payload).toEqual({ kind: "steps", steps: solutionOf(problem), done: true });
      }),
    );
  });

  test("gets as many first steps wrong as its error rate says", () => {
    const random = createRandom(1);
    let wrong = 0;
    const trials = 4_000;
    for (let i = 0; i < trials; i++) {
      const problem = createProblem(random);
      const made = createProposer(problem, 0.3, i).extend([], random);
      if (stepsOf(made)[0] !== solutionOf(problem)[0]) wrong++;
    }
    expect(Math.abs(wrong / trials - 0.3)).toBeLessThan(0.03);
  });

  test("goes on from its own mistake", () => {
    const problem = {
      sentences: ["A 2 3", "B 4"],
      answer: 20,
      plan: [
        { left: { number: 2 }, operation: "+", right: { number: 3 } },
        { left: { step: 0 }, operation: "*", right: { number: 4 } },
      ],
    } as const;
    const random = createRandom(5);
    const proposer = createProposer(problem, 0.5, 5);
    const solutions = Array.from({ length: 200 }, () => stepsOf(proposer.finish([], random)));
    const slipped = solutions.filter((steps) => /^\S+ \* 4 = /.test(steps[1] ?? ""));
    expect(slipped.length).toBeGreaterThan(0);
    for (const [first, second] of slipped) expect(readStep(second)?.left).toBe(readStep(first)?.result);
  });
});

describe("solving", () => {
  let classifier: Classifier;
  beforeAll(() => {
    classifier = trainClassifier(createExamples(200, 0.3, 1), 2);
  });

  test("finds the answer of every problem where the proposer makes no mistakes", async () => {
    for (const item of createItems(5, 1))
      for (const beam of [1, 5])
        expect(await solve(item, PANEL, { classifier, aggregation: "sum", errorRate: 0, beam }, signal)).toBe(
          1,
        );
  });

  test("knows a wrong operation from a right one, but not a slip", () => {
    const problem = {
      sentences: ["Anna has 20 apples.", "Anna gives 8 to Ines.", "How many apples does Anna have now?"],
      plan: [],
      answer: 12,
    };
    const [right = 0, slip = 0, wrong = 0] = ["20 - 8 = 12", "20 - 8 = 13", "20 * 8 = 160"].map((step) =>
      classifier(problem, [step], true),
    );
    expect(right).toBeGreaterThan(wrong);
    expect(slip).toBe(right);
  });

  test("gives the same for the same item", async () => {
    const [item] = createItems(1, 1);
    if (item === undefined) throw new Error("there is no item");
    const setting = { classifier, aggregation: "sum", errorRate: 0.3, beam: 3 } as const;
    const [first, again] = [
      await sampleSolutions(item, setting, signal),
      await sampleSolutions(item, setting, signal),
    ];
    expect(again.ranking).toEqual(first.ranking);
  });

  test("counts votes of solutions that come to the same, by whatever steps, as often as they were proposed", async () => {
    const proposal = (id: string, steps: readonly string[]) => ({
      id,
      parents: [],
      generator: "",
      round: 1,
      payload: { kind: "steps", steps, done: true } as const,
    });
    const pool = [proposal("a", ["1 + 4 = 5"]), proposal("b", ["2 + 3 = 5"]), proposal("c", ["2 * 3 = 6"])];
    const { scores } = await voteScorer().score(pool, signal, [2, 1, 4]);
    expect([...scores]).toEqual([3 / 7, 3 / 7, 4 / 7]);
  });
});
