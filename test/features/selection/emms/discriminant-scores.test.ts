import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { hscoreRegularized } from "../../../../src/features/selection/emms/hscore-regularized.ts";
import { hscore } from "../../../../src/features/selection/emms/hscore.ts";
import { sfda } from "../../../../src/features/selection/emms/sfda.ts";
import { transrate } from "../../../../src/features/selection/emms/transrate.ts";
import type { TransferOptions } from "../../../../src/features/selection/emms/index.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { createTask, withFeatures, type Task } from "../../../support/emms-data.ts";
import { naiveHscore } from "../../../support/naive-emms.ts";
import {
  naiveRegularizedHscore,
  naiveSfda,
  naiveShrinkage,
  naiveTransrate,
} from "../../../support/naive-fisher.ts";
import { expectRelative } from "../../../support/relative.ts";

afterAll(closeProducts);

/** Classes of different sizes. */
const uneven = (task: Task): Task => ({
  ...task,
  classes: task.classes.map((id, i) => (i % 4 === 0 ? 0 : id)),
});

const SHAPES = [
  ["many rows", createTask({ n: 60, d: 7 })],
  ["classes of different sizes", uneven(createTask({ n: 61, d: 6, classes: 4 }))],
  ["two classes", createTask({ n: 31, d: 5, classes: 2 })],
  ["one column", createTask({ n: 20, d: 1 })],
  ["fewer rows than columns", createTask({ n: 15, d: 24 })],
  ["sizes at which ONNX Runtime multiplies", createTask({ n: 260, d: 70, classes: 12 })],
] as const;

const METHODS = [
  { method: hscore, options: {}, reference: naiveHscore },
  { method: hscoreRegularized, options: {}, reference: naiveRegularizedHscore },
  {
    method: transrate,
    options: {},
    reference: (...task: Parameters<typeof naiveHscore>) => naiveTransrate(...task, "equal"),
  },
  {
    method: transrate,
    options: { transrate: { classes: "by-rows" } } satisfies TransferOptions,
    reference: (...task: Parameters<typeof naiveHscore>) => naiveTransrate(...task, "by-rows"),
  },
  { method: sfda, options: {}, reference: naiveSfda },
] as const;

describe.each(METHODS)("$method.name $options", ({ method, options, reference }) => {
  const expectAsWritten = async (task: Task): Promise<void> => {
    const { score } = await method.score(task, options);
    expectRelative(score, reference(task.rows, [...task.classes]), 1e-6, 1e-9);
  };

  test.each(SHAPES)("of %s is what the slow definition gives", async (_, task) => {
    await expectAsWritten(task);
  });

  test("is defined for columns that are copies, and for duplicate rows", async () => {
    const task = createTask({ n: 40, d: 4 });
    await expectAsWritten(withFeatures(task, (row) => [...row, row[0] ?? 0]));
    const doubled = createTask({ n: 12, d: 4 });
    const rows = [...doubled.rows, ...doubled.rows];
    const embeddings = { data: Float32Array.from(rows.flat()), n: 24, d: 4 };
    await expectAsWritten({
      ...doubled,
      rows,
      embeddings,
      classes: Int32Array.of(...doubled.classes, ...doubled.classes),
    });
  });

  test("is defined where one column is constant", async () => {
    await expectAsWritten(withFeatures(createTask({ n: 40, d: 4 }), (row) => [...row, 0.1]));
  });

  test("is higher the further apart the classes are", async () => {
    const task = createTask({ n: 60, d: 3 });
    const scores: number[] = [];
    for (const apart of [0, 1, 4]) {
      let at = 0;
      const moved = withFeatures(task, (row) => {
        const id = task.classes[at++] ?? 0;
        return row.map((value, j) => value + (j === id ? apart * 3 : 0));
      });
      scores.push((await method.score(moved, options)).score);
    }
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
  });

  test("does not see in which order the rows stand, nor what the classes are called", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), async (seed) => {
        const task = createTask({ n: 18, d: 3 }, seed);
        const order = task.rows.map((_, i) => (i * 7 + (seed % 18)) % 18);
        const turned = {
          embeddings: { data: Float32Array.from(order.flatMap((i) => task.rows[i] ?? [])), n: 18, d: 3 },
          classes: Int32Array.from(order, (i) => 2 - (task.classes[i] ?? 0)),
        };
        const [one, other] = [await method.score(task, options), await method.score(turned, options)];
        expectRelative(one.score, other.score, 1e-8, 1e-10);
      }),
      { numRuns: 15 },
    );
  });

  test("needs two classes", async () => {
    const task = createTask({ n: 12, d: 3 });
    for (const classes of [new Int32Array(12), undefined]) {
      const input = { embeddings: task.embeddings, ...(classes === undefined ? {} : { classes }) };
      await expect(method.score(input, options)).rejects.toMatchObject({
        code: "unprocessable",
        faults: [{ path: ["classes"] }],
      });
    }
  });
});

describe("features that do not vary", () => {
  const task = createTask({ n: 12, d: 3 });
  const same = withFeatures(task, () => [1, 2, 3]);
  const byClass = withFeatures(task, (row) => [...row]);

  test("are of no use to H-scores and TransRate: 0", async () => {
    for (const method of [hscore, hscoreRegularized, transrate])
      expect((await method.score(same, {})).score).toBeCloseTo(0, 12);
  });

  test("leave SFDA undefined, and so do those that vary between classes only", async () => {
    let at = 0;
    const flat = withFeatures(byClass, () => [(task.classes[at++] ?? 0) * 2, 1]);
    for (const each of [same, flat])
      await expect(sfda.score(each, {})).rejects.toMatchObject({
        code: "unprocessable",
        faults: [{ path: ["features"] }],
      });
  });
});

test("H-score is between 0 and the number of classes less one, which separate classes reach", async () => {
  let at = 0;
  const task = createTask({ n: 30, d: 3 });
  const separate = withFeatures(task, () => {
    const id = task.classes[at++] ?? 0;
    return [id === 0 ? 1 : 0, id === 1 ? 1 : 0];
  });
  expect((await hscore.score(separate, {})).score).toBeCloseTo(2, 10);
  expect((await hscore.score(task, {})).score).toBeLessThan(2);
});

test("the regularised H-score shrinks as Ledoit and Wolf do", async () => {
  for (const shape of [
    { n: 40, d: 5 },
    { n: 10, d: 30 },
  ]) {
    const task = createTask(shape);
    const { diagnostics } = await hscoreRegularized.score(task, {});
    expectRelative(Number(diagnostics.shrinkage), naiveShrinkage(task.rows), 1e-9);
  }
});

test("the regularised H-score of two rows, which are not shrunk, is the plain one", async () => {
  const task = createTask({ n: 2, d: 3, classes: 2 });
  const { score, diagnostics } = await hscoreRegularized.score(task, {});
  expect(score).toBeCloseTo(1, 9);
  expect(diagnostics).toMatchObject({ shrinkage: 0 });
});
