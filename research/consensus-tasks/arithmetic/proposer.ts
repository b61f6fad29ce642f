import { createRandom, normal, type Random } from "../../../src/math/random.ts";
import type { Generator, Payload, Proposed } from "../../../src/features/consensus/types.ts";
import { randomOf } from "../random-of.ts";
import {
  calculate,
  numbersIn,
  stepText,
  written,
  type Operand,
  type Operation,
  type PlannedStep,
  type Problem,
  type Step,
} from "./problems.ts";

/** A solver that makes mistakes, as a language model would: some again and again. */
export interface Proposer {
  /** One more step. @returns the solution with it */
  readonly extend: (from: readonly string[], random: Random) => Proposed;
  /** A solution from its start, or from where it has come to, to its end. */
  readonly finish: (from: readonly string[], random: Random) => Proposed;
}

/** Of the mistakes at a step, those that are the step's own. */
const HABITUAL = 0.7;
const MOST = 0.95;
/** The deviation of what it believes of its own steps, in nats. */
const SELF_NOISE = 1;
const OPERATIONS: readonly Operation[] = ["+", "-", "*", "/"];
const KINDS = ["operation", "operand", "slip", "skip"] as const;

/** Where a solution stands in the plan: how far, and what each planned step came to. */
interface Cursor {
  readonly planned: number;
  readonly results: readonly number[];
  readonly logProbability: number;
}

/**
 * Takes the plan's next step, but for mistakes: a wrong operation, a wrong operand, a slip in the result, a step left
 * out. After a mistake it goes on from what it has. Each step of each problem has a mistake of its own that it makes in
 * seven of ten cases, and a rate of its own between 0 and twice `errorRate`, so the most frequent step need not be the
 * right one. The log-probabilities that it tells are its own with noise.
 *
 * @param errorRate of a step, on average
 */
export const createProposer = (problem: Problem, errorRate: number, seed: number): Proposer => {
  const numbers = problem.sentences.flatMap(numbersIn);
  const cursors = new Map<string, Cursor>([["", { planned: 0, results: [], logProbability: 0 }]]);
  const habits = problem.plan.map((_, i) => {
    const random = randomOf(seed, "habit", i);
    return {
      rate: Math.min(MOST, 2 * errorRate * random.next()),
      kind: kindOf(problem.plan, i, random),
      seed: random.integer(2 ** 31),
    };
  });

  const extend = (from: readonly string[], random: Random): Proposed => {
    const cursor = cursors.get(from.join(";")) ?? {
      planned: problem.plan.length,
      results: [],
      logProbability: 0,
    };
    let { planned } = cursor;
    const results = [...cursor.results];
    const habit = habits[planned] ?? { rate: 0, kind: "slip", seed: 0 };
    const fails = random.next() < habit.rate;
    const isHabit = fails && random.next() < HABITUAL;
    const kind = !fails ? undefined : isHabit ? habit.kind : kindOf(problem.plan, planned, random);
    const chance = !fails
      ? 1 - habit.rate
      : habit.rate * (isHabit ? HABITUAL : (1 - HABITUAL) / KINDS.length);
    if (kind === "skip") {
      const skipped = problem.plan[planned];
      results.push(skipped === undefined ? 0 : valueOf(skipped.left, results));
      planned++;
    }
    const next = problem.plan[planned];
    if (next === undefined) return { payload: { kind: "steps", steps: from, done: true } };
    const right = stepOf(next, results);
    const choices = isHabit ? createRandom(habit.seed) : random;
    const step =
      kind === undefined || kind === "skip"
        ? right
        : mistaken(right, kind, [...numbers, ...results], choices);
    const text = stepText(step);
    const steps = [...from, text];
    const known = cursors.get(steps.join(";"));
    const belief = Math.log(chance) + SELF_NOISE * normal(randomOf(seed, "belief", from.join(";"), text));
    const logProbability = known?.logProbability ?? cursor.logProbability + belief;
    if (known === undefined)
      cursors.set(steps.join(";"), {
        planned: planned + 1,
        results: [...results, step.result],
        logProbability,
      });
    const payload: Payload = { kind: "steps", steps, done: planned + 1 >= problem.plan.length };
    return { payload, logProbability };
  };

  const finish = (from: readonly string[], random: Random): Proposed => {
    let solution = extend(from, random);
    while (solution.payload.kind === "steps" && !solution.payload.done)
      solution = extend(solution.payload.steps, random);
    return solution;
  };
  return { extend, finish };
};

/** The last step cannot be left out. */
const kindOf = (plan: readonly PlannedStep[], at: number, random: Random): (typeof KINDS)[number] =>
  KINDS[random.integer(at + 1 < plan.length ? KINDS.length : KINDS.length - 1)] ?? "slip";

const valueOf = (operand: Operand, results: readonly number[]): number =>
  "number" in operand ? operand.number : (results[operand.step] ?? 0);

const stepOf = ({ left, operation, right }: PlannedStep, results: readonly number[]): Step => {
  const [a, b] = [valueOf(left, results), valueOf(right, results)];
  return solved({ left: a, operation, right: b });
};

/** As it is written, so that going on from it is going on from what can be read. */
const solved = ({ left, operation, right }: Omit<Step, "result">): Step => {
  const safe = operation === "/" && right === 0 ? "-" : operation;
  return { left, operation: safe, right, result: Number(written(calculate(left, safe, right))) };
};

const mistaken = (
  step: Step,
  kind: "operation" | "operand" | "slip",
  values: readonly number[],
  random: Random,
): Step => {
  if (kind === "operation") {
    const others = OPERATIONS.filter((operation) => operation !== step.operation);
    return solved({ ...step, operation: others[random.integer(others.length)] ?? "+" });
  }
  if (kind === "operand") {
    const isLeft = random.next() < 0.5;
    const others = values.filter((value) => value !== step.left && value !== step.right);
    const other = others[random.integer(others.length)];
    if (other !== undefined) return solved(isLeft ? { ...step, left: other } : { ...step, right: other });
  }
  const offs = [-10, -2, -1, 1, 2, 10];
  return { ...step, result: step.result + (offs[random.integer(offs.length)] ?? 1) };
};

/** Extends the survivors by a step each, as often as they have places; at first `starts`. */
export const stepGenerator = (proposer: Proposer, starts: readonly (readonly string[])[]): Generator => ({
  name: "steps",
  propose: ({ round, survivors }, count, random) => {
    const bases =
      round === 1
        ? starts.map((steps) => ({ steps, parents: [] as readonly string[] }))
        : survivors.flatMap(({ proposal: { id, payload } }) =>
            payload.kind === "steps" && !payload.done ? [{ steps: payload.steps, parents: [id] }] : [],
          );
    const made = bases.length === 0 ? 0 : count;
    return Promise.resolve(
      Array.from({ length: made }, (_, i) => {
        const { steps = [], parents = [] } = bases[i % bases.length] ?? {};
        return { ...proposer.extend(steps, random), parents };
      }),
    );
  },
});
