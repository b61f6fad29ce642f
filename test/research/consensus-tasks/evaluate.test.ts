import { describe, expect, test } from "vitest";
import {
  estimateOf,
  evaluateTask,
  studyTable,
  summarizeReports,
  type Task,
} from "../../../research/consensus-tasks/index.ts";

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

  test("compares with the best single scorer at its own best beam", async () => {
    const beams: (number | undefined)[] = [];
    const report = await evaluateTask(
      {
        ...task,
        otherBeams: [1],
        solve: (item, panel, signal) => {
          beams.push(panel.beam);
          if (panel.members.length > 1) return task.solve(item, panel, signal);
          return Promise.resolve(panel.beam === 1 && panel.members[0] === 0 ? 1 : 0);
        },
      },
      options,
    );
    expect(report.bestSingle).toBe("two, beam 1");
    expect(report.leads[0]).toMatchObject({ of: "all", over: "two, beam 1", mean: 5 / 8 - 1 });
    expect(new Set(beams)).toEqual(new Set([undefined, 1]));
    expect(report.panels.map(({ name }) => name).slice(0, 6)).toEqual([
      "two",
      "three",
      "one",
      "two, beam 1",
      "three, beam 1",
      "one, beam 1",
    ]);
    expect(report.sizes[0]).toEqual({ scorers: 1, mean: 0 });
  });

  test("stops when it is aborted", async () => {
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(evaluateTask(task, { ...options, signal: stopped })).rejects.toThrow("enough");
  });
});

describe("a study of several seeds", () => {
  test("gives means with intervals of Student's t over the seeds", () => {
    const { mean, low, high } = estimateOf([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(mean).toBeCloseTo(0.3, 12);
    // t(4, 0.975) = 2.776; the standard error is 0.1581 / sqrt(5) = 0.0707.
    expect(low).toBeCloseTo(0.3 - 2.776 * 0.070711, 4);
    expect(high).toBeCloseTo(0.3 + 2.776 * 0.070711, 4);
    expect(() => estimateOf([0.1])).toThrow(RangeError);
  });

  test("compares each seed with the best single scorer that its own development items choose", async () => {
    const first = await evaluateTask(task, options);
    const second = {
      ...first,
      bestSingle: "two",
      leads: first.leads.map((lead, i) => ({
        ...lead,
        over: i < 2 ? "two" : lead.over,
        mean: lead.mean + 0.25,
      })),
    };
    const study = summarizeReports([first, second]);
    expect(study.bestSingles).toEqual(["one", "two"]);
    expect(study.bestSingle.mean).toBeCloseTo((1 + 3 / 8) / 2, 12);
    expect(study.leads[0]).toMatchObject({ of: "all", over: "best single", ahead: { mean: -1 / 4 } });
    expect(study.panels.find(({ name }) => name === "all")?.test.mean).toBe(5 / 8);
    expect(studyTable(study)).toContain("| all | best single | -25.0 |");
  });
});
