import { describe, expect, test } from "vitest";
import { evaluateTask, taskTable, type Task } from "../../../research/consensus-tasks/index.ts";

/** Items are numbers; a scorer is right about those that it divides, and a panel where most of its weight is. */
const DIVISORS = [2, 3, 1] as const;
const task: Task<number> = {
  name: "divisors",
  about: "Toy.",
  scorers: ["two", "three", "one"],
  rounds: 1,
  development: [1, 2, 4, 6],
  test: [1, 2, 3, 4, 5, 6, 7, 9],
  subjectOf: String,
  solve: (item, { members, weights, rounds }) => {
    const right = members.reduce(
      (sum, n, i) => sum + (item % (DIVISORS[n] ?? 1) === 0 ? (weights[i] ?? 0) : 0),
      0,
    );
    const all = weights.reduce((a, b) => a + b, 0);
    return Promise.resolve(right > all / 2 || rounds > 4 ? 1 : 0);
  },
  bounds: () => Promise.resolve({ random: 0.25, oracle: 1 }),
  labelled: (item) =>
    Promise.resolve({
      members: DIVISORS.map((divisor) => Float64Array.of(item % divisor === 0 ? 1 : -1, 0)),
      right: [0],
    }),
};

const options = { signal: new AbortController().signal, onProgress: () => undefined };

describe("the evaluation of a task", () => {
  test("asks every set of scorers, and chooses the best single one on the development items", async () => {
    const told: number[][] = [];
    const report = await evaluateTask(task, { ...options, onProgress: (...counts) => told.push(counts) });
    expect(report.panels.map(({ name, test: value }) => [name, value])).toEqual([
      ["two", 3 / 8],
      ["three", 3 / 8],
      ["one", 1],
      ["two + three", 1 / 8],
      ["two + one", 3 / 8],
      ["three + one", 3 / 8],
      ["all", 5 / 8],
      ["all, 2 rounds", 5 / 8],
      ["all, 4 rounds", 5 / 8],
      ["all, 8 rounds", 1],
      ["all, weights learned", 1],
    ]);
    expect(report.bestSingle).toBe("one");
    expect(report.sizes).toEqual([
      { scorers: 1, mean: 7 / 12 },
      { scorers: 2, mean: 7 / 24 },
      { scorers: 3, mean: 5 / 8 },
    ]);
    expect(told.at(-1)).toEqual([told.length, told.length]);
  });

  test("tells what all are ahead of the best single one, with a paired interval around it", async () => {
    const { leads } = await evaluateTask(task, options);
    const [equal, learned] = leads;
    expect(equal).toMatchObject({ of: "all", over: "one", mean: -3 / 8 });
    expect(equal?.low).toBeLessThan(-3 / 8);
    expect(equal?.high).toBeLessThanOrEqual(0);
    expect(learned).toMatchObject({ mean: 0, low: 0, high: 0 });
  });

  test("learns weights that favour who is right", async () => {
    const { panels } = await evaluateTask(task, options);
    const [two = 0, three = 0, one = 0] = panels.at(-1)?.weights ?? [];
    expect(one).toBeGreaterThan(two);
    expect(two).toBeGreaterThan(three);
    expect(two + three + one).toBeCloseTo(1, 9);
  });

  test("is told as tables, and stops when it is told to", async () => {
    expect(taskTable(await evaluateTask(task, options))).toContain("| all | one | -37.5 |");
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(evaluateTask(task, { ...options, signal: stopped })).rejects.toThrow("enough");
  });
});
