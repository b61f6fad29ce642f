import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { logme, logmeF } from "../../../../src/features/selection/emms/logme.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { createTask, taskOf, withFeatures, type Task } from "../../../support/emms-data.ts";
import { naiveEvidence, naiveEvidences, naiveLogme } from "../../../support/naive-logme.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { expectRelative } from "../../../support/relative.ts";

afterAll(closeProducts);

const oneHot = ({ classes }: Task, id: number): number[] =>
  Array.from(classes, (each) => Number(each === id));
const column = ({ labels }: Task, j: number): number[] => (labels[0] ?? []).map((row) => row[j] ?? 0);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const SHAPES = [
  ["more rows than columns", { n: 40, d: 6, d2: 3 }],
  ["as many", { n: 12, d: 12, d2: 3 }],
  ["fewer", { n: 12, d: 20, d2: 3 }],
  ["one column", { n: 25, d: 1, d2: 2 }],
  ["two rows", { n: 2, d: 3, d2: 2, classes: 2 }],
] as const;

describe.each(SHAPES)("LogME of features with %s", (_, shape) => {
  test("is the greatest evidence of one-hot classes that a search finds", async () => {
    const task = createTask(shape);
    const count = Math.max(...task.classes) + 1;
    const found = Array.from({ length: count }, (_, id) => naiveLogme(task.rows, oneHot(task, id)));
    expectRelative((await logme.score(task, {})).score, meanOf(found), 1e-6);
  });

  test("is the greatest evidence of continuous targets that a search finds", async () => {
    const task = createTask(shape, 2);
    const found = [0, 1].map((j) => naiveLogme(task.rows, column(task, j)));
    const two = taskOf(
      task.embeddings.data as Float32Array,
      task.embeddings.d,
      [Float32Array.from((task.labels[0] ?? []).flatMap((row) => row.slice(0, 2)))],
      2,
      task.classes,
    );
    expectRelative((await logmeF.score(two, {})).score, meanOf(found), 1e-6);
  });
});

describe("LogME", () => {
  test("is the density of the targets under the Gaussian of the alpha and beta that it found", async () => {
    for (const [n, d] of [
      [30, 5],
      [20, 35],
    ] as const) {
      const task = createTask({ n, d, d2: 1, encoders: 1 });
      const { score, diagnostics } = await logmeF.score(task, {});
      const [alpha, beta] = [Number(diagnostics.alpha), Number(diagnostics.beta)];
      expectRelative(score, naiveEvidence(task.rows, column(task, 0), alpha, beta), 1e-8);
      expect(diagnostics).toMatchObject({ targets: 1, converged: 1 });
    }
  });

  test("is not exceeded by any alpha and beta", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.integer({ min: 2, max: 15 }),
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.double({ min: -6, max: 6, noNaN: true }),
        async (seed, n, d, a, b) => {
          const task = createTask({ n, d, d2: 1, encoders: 1, classes: 2 }, seed);
          const { score } = await logmeF.score(task, {});
          const other = naiveEvidences(task.rows, column(task, 0))(10 ** a, 10 ** b);
          expect(other).toBeLessThanOrEqual(score + 1e-6 * Math.abs(score));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("at sizes at which ONNX Runtime multiplies is that of the fixed point in eigenvectors", async () => {
    for (const [n, d] of [
      [400, 150],
      [150, 200],
    ] as const) {
      const task = createTask({ n, d, d2: 1, encoders: 1 });
      const { score, diagnostics } = await logmeF.score(task, {});
      const evidence = naiveEvidences(task.rows, column(task, 0));
      const [alpha, beta] = [Number(diagnostics.alpha), Number(diagnostics.beta)];
      expectRelative(score, evidence(alpha, beta), 1e-8);
      for (const [up, on] of [
        [1.01, 1],
        [0.99, 1],
        [1, 1.01],
        [1, 0.99],
      ] as const)
        expect(evidence(alpha * up, beta * on)).toBeLessThan(score);
    }
  });

  test("is defined where columns are copies, constant or all 0, and where rows are all the same", async () => {
    const task = createTask({ n: 30, d: 4 });
    for (const change of [
      (row: readonly number[]) => [...row, ...row],
      (row: readonly number[]) => [...row, 3],
      () => [1, 2],
      () => [0, 0, 0],
    ]) {
      const changed = withFeatures(task, change);
      const found = [0, 1, 2].map((id) => naiveLogme(changed.rows, oneHot(changed, id)));
      expectRelative((await logme.score(changed, {})).score, meanOf(found), 1e-6);
    }
  });

  test("of noise is near that of features that say nothing, and of a signal is above it", async () => {
    const task = createTask({ n: 200, d: 5 });
    const noise = normals(1_000, seededRandom(9));
    let at = 0;
    const silent = withFeatures(task, (row) => row.map(() => noise[at++] ?? 0));
    const nothing = withFeatures(task, (row) => row.map(() => 0));
    const [signal, none, zero] = [
      await logme.score(task, {}),
      await logme.score(silent, {}),
      await logme.score(nothing, {}),
    ];
    expect(signal.score).toBeGreaterThan(none.score + 0.1);
    expect(none.score - zero.score).toBeGreaterThan(-1e-9);
    expect(none.score - zero.score).toBeLessThan(0.1);
  });

  test("is finite where a target is explained without rest, for the evidence then has no bound", async () => {
    const task = createTask({ n: 30, d: 4, d2: 2 });
    const exact = Float32Array.from(task.rows.flatMap((row) => [row[0] ?? 0, row[1] ?? 0]));
    const { score } = await logmeF.score({ ...task, fLabels: [{ data: exact, rows: 30, columns: 2 }] }, {});
    expect(Number.isFinite(score)).toBe(true);
    expect(score).toBeGreaterThan((await logmeF.score(task, {})).score);
  });

  test("needs two classes, and a target that is not 0", async () => {
    const task = createTask({ n: 10, d: 3 });
    await expect(logme.score({ ...task, classes: new Int32Array(10) }, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["classes"] }],
    });
    const zeros = [{ data: new Float32Array(20), rows: 10, columns: 2 }];
    await expect(logmeF.score({ ...task, fLabels: zeros }, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["fLabels", 0] }],
    });
  });
});
