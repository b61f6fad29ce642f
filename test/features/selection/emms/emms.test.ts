import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { emms } from "../../../../src/features/selection/emms/emms.ts";
import type { Rounds } from "../../../../src/features/selection/emms/index.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { createTask, withFeatures, type Task } from "../../../support/emms-data.ts";
import { naiveEmms, naivePseudoInverse, naiveStandardized } from "../../../support/naive-emms.ts";
import { expectRelative } from "../../../support/relative.ts";

afterAll(closeProducts);

const scoreOf = (task: Pick<Task, "embeddings" | "fLabels">, rounds: Rounds = 1) =>
  emms.score(task, { emms: { rounds } });

type Loss = (weights: readonly number[]) => number;

/**
 * The mean squared residual from whole matrices.
 *
 * @param start the weights that W is the best for; absent: it is the best for the weights that are asked about
 */
const lossOf = (task: Task, start?: readonly number[]): Loss => {
  const x = naiveStandardized(task.rows);
  const z = task.labels.map(naiveStandardized);
  const projector = x.mmul(naivePseudoInverse(x, 1e-6));
  const fitted = z.map((each) => projector.mmul(each));
  const mixture = (parts: readonly Matrix[], weights: readonly number[]): Matrix =>
    parts.reduce(
      (sum, part, k) => sum.add(part.clone().mul(weights[k] ?? 0)),
      Matrix.zeros(x.rows, z[0]?.columns ?? 0),
    );
  return (weights) =>
    mixture(fitted, start ?? weights)
      .sub(mixture(z, weights))
      .norm() **
      2 /
    (x.rows * (z[0]?.columns ?? 1));
};

const uniformly = (count: number): number[] => Array.from({ length: count }, () => 1 / count);

/** The least loss of a convex function on the simplex of at most three weights, on ever finer grids around the best. */
const searchSimplex = (loss: Loss, count: number): { value: number; weights: readonly number[] } => {
  const points = (around: readonly number[], width: number): number[][] =>
    Array.from({ length: 11 * 11 }, (_, at) => {
      const [i, j] = [Math.floor(at / 11) / 5 - 1, (at % 11) / 5 - 1];
      const [first, second] = [(around[0] ?? 0) + width * i, (around[1] ?? 0) + width * j];
      const all = [[1], [first, 1 - first], [first, second, 1 - first - second]][count - 1] ?? [];
      return all.every((value) => value >= 0) ? all : [];
    }).filter(({ length }) => length > 0);
  let best = { value: loss(uniformly(count)), weights: uniformly(count) };
  for (let width = 1; width > 1e-5; width /= 3)
    for (const weights of points(best.weights, width)) {
      const value = loss(weights);
      if (value < best.value) best = { value, weights };
    }
  return best;
};

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
      embeddings: { ...task.embeddings, data: Float64Array.from(task.embeddings.data) },
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
      faults: [{ path: ["fLabels"] }],
    });
  });

  test("does not see scales and shifts of columns", async () => {
    const task = createTask({ n: 40, d: 5 });
    const moved = withFeatures(task, (row) => row.map((value, j) => 4 ** j * value + j));
    expectRelative((await scoreOf(moved)).score, (await scoreOf(task)).score, 1e-5);
  });
});

describe("more rounds of EMMS", () => {
  const lossesOf = async (task: Task, rounds: number): Promise<readonly number[]> =>
    (await scoreOf(task, rounds)).diagnostics.losses as number[];
  const tasks = fc
    .record({
      seed: fc.nat(1e6),
      encoders: fc.integer({ min: 1, max: 6 }),
      n: fc.integer({ min: 3, max: 30 }),
    })
    .map(({ seed, encoders, n }) => createTask({ n, d: 5, d2: 3, encoders, classes: 3 }, seed));

  test("never come out above the uniform weights nor above the round before", async () => {
    await fc.assert(
      fc.asyncProperty(tasks, async (task) => {
        const uniform = lossOf(task)(uniformly(task.fLabels.length));
        const losses = await lossesOf(task, 6);
        for (const [i, loss] of losses.entries())
          if (i > 0)
            expect(loss).toBeLessThanOrEqual(Math.min(uniform, losses[i - 1] ?? 0) * (1 + 1e-9) + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test("end at a stationary point: the exhaustive optimum for at most three text encoders", async () => {
    for (const seed of [1, 2, 3])
      for (const encoders of [1, 2, 3]) {
        const task = createTask({ n: 40, d: 6, encoders }, seed);
        const { value } = searchSimplex(lossOf(task), encoders);
        const made = await scoreOf(task, 1_000);
        expect(made.diagnostics.converged).toBe(true);
        expectRelative(-made.score, value, 1e-6, 1e-12);
      }
  });

  test("take the exact step from the better of the first round and the uniform weights", async () => {
    for (const seed of [1, 2, 3]) {
      const task = createTask({ n: 40, d: 6, encoders: 3 }, seed);
      const [first, second] = await lossesOf(task, 2);
      const published = naiveEmms(task.rows, task.labels, 1);
      expectRelative(first, (published.objectives[0] ?? NaN) / (40 * 4), 1e-6);
      const own = lossOf(task);
      const uniform = uniformly(3);
      const start = own(published.weights) <= own(uniform) ? published.weights : uniform;
      expectRelative(second, searchSimplex(lossOf(task, start), 3).value, 1e-6, 1e-12);
    }
  });

  test("say that they have not converged where they end before the optimum", async () => {
    const task = createTask({ n: 40, d: 6, encoders: 3 }, 2);
    const [early, optimum] = [await scoreOf(task, 2), await scoreOf(task, "optimal")];
    expect(early.score).toBeLessThan(optimum.score - 1e-6);
    expect(early.diagnostics.converged).toBe(false);
  });
});

describe("the optimum of EMMS", () => {
  test("is that of an exhaustive search for at most three text encoders", async () => {
    for (const seed of [1, 2, 3])
      for (const encoders of [1, 2, 3]) {
        const task = createTask({ n: 40, d: 6, encoders }, seed);
        const { value, weights } = searchSimplex(lossOf(task), encoders);
        const made = await scoreOf(task, "optimal");
        expectRelative(-made.score, value, 1e-8, 1e-12);
        weights.forEach((weight, k) => expect(made.weights?.[k]).toBeCloseTo(weight, 3));
        expect(made.diagnostics).toMatchObject({ rounds: "optimal", converged: true });
      }
  });

  test("is never worse than many rounds, whatever the features are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 16 }), async (seed, encoders) => {
        const task = createTask({ n: 25, d: 5, d2: 3, encoders, classes: 3 }, seed);
        const [many, optimum] = [await scoreOf(task, 200), await scoreOf(task, "optimal")];
        expect(optimum.score).toBeGreaterThanOrEqual(many.score - 1e-9);
        expect(optimum.diagnostics.converged).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("is defined where text encoders agree, and where the features explain everything", async () => {
    const task = createTask({ n: 40, d: 5, encoders: 2 });
    const [a, b] = task.fLabels;
    if (a === undefined || b === undefined) throw new Error("there are two");
    const [twice, once] = [
      await scoreOf({ ...task, fLabels: [a, b, a] }, "optimal"),
      await scoreOf(task, "optimal"),
    ];
    expectRelative(twice.score, once.score, 1e-9);
    expect((await scoreOf(createTask({ n: 12, d: 30 }), "optimal")).score).toBeCloseTo(0, 12);
  });
});
