import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { emms } from "../../../../src/features/selection/emms/emms.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { createTask, withFeatures, type Task } from "../../../support/emms-data.ts";
import { naiveEmms } from "../../../support/naive-emms.ts";
import { expectRelative } from "../../../support/relative.ts";

afterAll(closeProducts);

const scoreOf = (task: Pick<Task, "features" | "fLabels">, rounds = 1) =>
  emms.score(task, { emms: { rounds } });

const expectAsWritten = async (task: Task): Promise<void> => {
  const made = await scoreOf(task);
  const expected = naiveEmms(task.rows, task.labels, 1);
  expectRelative(made.score, expected.score, 1e-6, 1e-12);
  expected.weights.forEach((weight, k) => expect(made.weights?.[k]).toBeCloseTo(weight, 6));
};

describe("one round of EMMS", () => {
  test.each([
    ["many rows", { n: 60, d: 7 }],
    ["as many rows as columns", { n: 20, d: 20 }],
    ["one row more than columns", { n: 21, d: 20 }],
    ["one text encoder", { n: 30, d: 5, encoders: 1 }],
    ["two text encoders", { n: 30, d: 5, encoders: 2 }],
    ["seven text encoders", { n: 50, d: 6, encoders: 7 }],
    ["sizes at which ONNX Runtime multiplies", { n: 300, d: 90, d2: 20 }],
  ])("of %s is what the slow definition gives", async (_, shape) => {
    await expectAsWritten(createTask(shape));
  });

  test("is the same for features and label embeddings in float64", async () => {
    const task = createTask({ n: 40, d: 6 });
    const wide = {
      features: { ...task.features, data: Float64Array.from(task.features.data) },
      fLabels: task.fLabels.map((label) => ({ ...label, data: Float64Array.from(label.data) })),
    };
    expect((await scoreOf(wide)).score).toBe((await scoreOf(task)).score);
  });

  test("is 0 where the columns explain everything: fewer rows than columns", async () => {
    const made = await scoreOf(createTask({ n: 12, d: 30 }));
    expect(made.score).toBeCloseTo(0, 12);
    expect(made.diagnostics).toMatchObject({ rank: 11 });
  });

  test("is of the least-squares fit of least norm where columns are copies, sums, or constant", async () => {
    const task = createTask({ n: 50, d: 5 });
    for (const [change, rank] of [
      [(row: readonly number[]) => [...row, row[0] ?? 0, row[3] ?? 0], 5],
      [(row: readonly number[]) => [...row, (row[0] ?? 0) + (row[1] ?? 0)], 5],
      [(row: readonly number[]) => [...row.slice(0, 4), 0.1], 4],
      [(row: readonly number[]) => row.slice(0, 2).flatMap((value) => [value, 2 * value, 1e-3 * value]), 2],
    ] as const) {
      const changed = withFeatures(task, change);
      await expectAsWritten(changed);
      expect((await scoreOf(changed)).diagnostics).toMatchObject({ rank });
    }
  });

  test("holds its digits where columns are nearly dependent", async () => {
    const task = createTask({ n: 80, d: 6 });
    for (const little of [1e-2, 1e-4]) {
      const changed = withFeatures(task, (row) => [
        ...row.slice(0, 5),
        (row[0] ?? 0) + little * (row[5] ?? 0),
      ]);
      await expectAsWritten(changed);
      expect((await scoreOf(changed)).diagnostics).toMatchObject({ rank: 6 });
    }
  });

  test("is defined for duplicate rows, few of them, and rows without columns' variance", async () => {
    const task = createTask({ n: 24, d: 5 });
    const same = withFeatures(task, () => [1, 2, 3]);
    await expectAsWritten(same);
    expect((await scoreOf(same)).diagnostics).toMatchObject({ rank: 0 });
    const doubled = withFeatures(createTask({ n: 12, d: 9 }), (row) => [...row, ...row, ...row]);
    await expectAsWritten(doubled);
    await expectAsWritten(createTask({ n: 2, d: 3, classes: 2 }));
  });

  test("shares the weight of text encoders that say the same", async () => {
    const task = createTask({ n: 40, d: 5, encoders: 2 });
    const [a, b] = task.fLabels;
    if (a === undefined || b === undefined) throw new Error("there are two");
    const twice = {
      ...task,
      fLabels: [a, b, a],
      labels: [0, 1, 0].flatMap((k) => task.labels.slice(k, k + 1)),
    };
    await expectAsWritten(twice);
    const [first, , third] = (await scoreOf(twice)).weights ?? [];
    expect(first).toBeCloseTo(third ?? NaN, 8);
  });

  test("is not defined where no label embedding varies, and says so", async () => {
    const task = createTask({ n: 20, d: 4 });
    const constant = task.fLabels.map((label) => ({ ...label, data: label.data.map(() => 3) }));
    await expect(scoreOf({ ...task, fLabels: constant })).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: "fLabels" }],
    });
  });

  test("does not see scales and shifts of columns", async () => {
    const task = createTask({ n: 40, d: 5 });
    const moved = withFeatures(task, (row) => row.map((value, j) => 4 ** j * value + j));
    expectRelative((await scoreOf(moved)).score, (await scoreOf(task)).score, 1e-5);
  });
});

describe("more rounds of EMMS", () => {
  test("are those of the slow definition, as long as its objective falls", async () => {
    let compared = 0;
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const task = createTask({ n: 40, d: 6, encoders: 3 }, seed);
      const { losses } = (await scoreOf(task, 6)).diagnostics;
      const expected = naiveEmms(task.rows, task.labels, 6).objectives;
      const made = losses as number[];
      const falls = expected.findIndex((value, i) => i > 0 && value > (expected[i - 1] ?? 0));
      const until = Math.min(made.length, falls < 0 ? expected.length : falls);
      for (let i = 0; i < until; i++) expectRelative(made[i], (expected[i] ?? NaN) / (40 * 4), 1e-6);
      compared += until - 1;
    }
    expect(compared).toBeGreaterThan(8);
  });

  test("never raise the objective, and end where it changes by less than 1e-6", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 3, max: 30 }),
        async (seed, encoders, n) => {
          const task = createTask({ n, d: 5, d2: 3, encoders, classes: 3 }, seed);
          const { losses, converged, rounds } = (await scoreOf(task, 50_000)).diagnostics;
          const values = losses as number[];
          expect(rounds).toBe(values.length);
          for (let i = 1; i < values.length; i++)
            expect(values[i]).toBeLessThanOrEqual((values[i - 1] ?? 0) * (1 + 1e-9) + 1e-13);
          expect(converged).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});
