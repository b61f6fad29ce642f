import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import {
  applyTransform,
  closeKernels,
  fittedDimension,
  fitTransform,
  unitRows,
  type Fit,
} from "../../src/retrieval/index.ts";
import { innerProduct } from "../support/naive-index.ts";
import { normals, seededRandom, shuffled } from "../support/random.ts";

afterAll(closeKernels);

/** Unit rows around a mean of their own, whose variance falls from one direction to the next. */
const skewedRows = (n: number, d: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  const noise = normals(n * d, random);
  const mean = normals(d, random);
  return unitRows(
    noise.map((value, i) => 2 * (mean[i % d] ?? 0) + value / Math.sqrt(1 + (i % d) / 4)),
    d,
  );
};

const rowsOf = (rows: Float32Array, d: number): Float32Array[] =>
  Array.from({ length: rows.length / d }, (_, i) => rows.subarray(i * d, (i + 1) * d));

const must = (fit: Fit | null): Fit => {
  if (fit === null) throw new Error("nothing was fitted");
  return fit;
};

/** The cosine of every two rows. */
const similarities = (rows: Float32Array, d: number): number[] => {
  const all = rowsOf(rows, d);
  return all.flatMap((a) => all.map((b) => innerProduct(a, b)));
};

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return largest;
};

/** Whitening by its definition, in float64: eigenvectors of the covariance, each over its deviation + 0.001. */
const whitenDirectly = (rows: Float32Array, queries: Float32Array, d: number, rank: number): number[] => {
  const X = Matrix.from1DArray(rows.length / d, d, Array.from(rows));
  const mean = X.mean("column");
  const centered = X.clone().subRowVector(mean);
  const covariance = centered.transpose().mmul(centered).div(X.rows);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0))
    .slice(0, rank);
  const shown = rowsOf(queries, d).map((query) => {
    const part = Array.from(query, (value, i) => value - (mean[i] ?? 0));
    const projected = order.map(
      (column) =>
        innerProduct(part, eigenvectorMatrix.getColumn(column)) /
        (Math.sqrt(Math.max(0, realEigenvalues[column] ?? 0)) + 1e-3),
    );
    const norm = Math.sqrt(innerProduct(projected, projected));
    return projected.map((value) => value / norm);
  });
  return shown.flatMap((a) => shown.map((b) => innerProduct(a, b)));
};

describe("centring", () => {
  test("subtracts the mean of the unit rows and normalises again", async () => {
    const rows = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
    const fit = must(await fitTransform("center", rows, 2));
    expect(fit.projection).toBeNull();
    expect(fittedDimension(fit)).toBe(2);
    const mean = [1.6 / 3, 1.8 / 3];
    expect(largestDifference(fit.mean, mean)).toBeLessThan(1e-7);
    const shown = await applyTransform(fit, Float32Array.of(5, 0), 2);
    const centered = [1 - 1.6 / 3, -1.8 / 3];
    const norm = Math.hypot(...centered);
    expect(
      largestDifference(
        shown,
        centered.map((value) => value / norm),
      ),
    ).toBeLessThan(1e-6);
  });

  test("makes a row that equals the mean similar to nothing", async () => {
    const fit = must(await fitTransform("center", Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1), 2));
    expect([...(await applyTransform(fit, Float32Array.of(0, 0), 2))]).toEqual([0, 0]);
  });
});

describe("no transform", () => {
  test("only normalises, and leaves a zero row zero", async () => {
    const shown = await applyTransform(null, Float32Array.of(3, 4, 0, 0, -1e-30, 0, 3e38, 3e38), 2);
    const half = Math.SQRT1_2;
    expect(largestDifference(shown, [0.6, 0.8, 0, 0, -1, 0, half, half])).toBeLessThan(1e-6);
  });
});

describe("whitening", () => {
  test.each([
    { rows: 400, dimension: 24, path: "the covariance" },
    { rows: 20, dimension: 48, path: "the Gram matrix, for there are fewer rows than dimensions" },
  ])("gives the similarities of a direct computation, by $path", async ({ rows: n, dimension: d }) => {
    const rows = skewedRows(n, d, 1);
    const queries = skewedRows(12, d, 1).map((value, i) => value + 0.2 * Math.sin(i));
    const fit = must(await fitTransform("whiten", rows, d));
    const rank = Math.min(d, n - 1);
    expect(fittedDimension(fit)).toBe(rank);
    const shown = await applyTransform(fit, queries, d);
    const expected = whitenDirectly(rows, unitRows(queries, d), d, rank);
    expect(largestDifference(similarities(shown, rank), expected)).toBeLessThan(1e-3);
  });

  test("makes the covariance of what it was fitted on the identity, but for the 0.001", async () => {
    const [n, d] = [600, 20];
    const rows = skewedRows(n, d, 2);
    const { mean, projection } = must(await fitTransform("whiten", rows, d));
    const axes = rowsOf(projection ?? new Float32Array(0), d);
    expect(axes).toHaveLength(d);
    const projected = rowsOf(rows, d).map((row) => {
      const centered = row.map((value, i) => value - (mean[i] ?? 0));
      return axes.map((axis) => innerProduct(centered, axis));
    });
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        const covariance = projected.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / n;
        // An axis of deviation s has the length 1 / (s + 0.001), and is left with the variance (s / (s + 0.001))^2.
        const axis = axes[i] ?? [];
        const variance = (1 - 1e-3 * Math.sqrt(innerProduct(axis, axis))) ** 2;
        expect(variance).toBeGreaterThan(0.8);
        expect(Math.abs(covariance - (i === j ? variance : 0))).toBeLessThan(1e-3);
      }
    }
  });

  test("keeps at most 256 directions", async () => {
    const fit = must(await fitTransform("whiten", skewedRows(300, 280, 3), 280));
    expect(fittedDimension(fit)).toBe(256);
  });

  test("does not depend on the order of the rows", async () => {
    const [n, d] = [300, 24];
    const rows = skewedRows(n, d, 4);
    const order = shuffled(n, seededRandom(5));
    const permuted = new Float32Array(rows.length);
    order.forEach((from, to) => permuted.set(rows.subarray(from * d, (from + 1) * d), to * d));
    const queries = skewedRows(15, d, 6);
    const shown = await Promise.all(
      [rows, permuted].map(async (fitted) =>
        applyTransform(await fitTransform("whiten", fitted, d), queries, d),
      ),
    );
    const [first = [], second = []] = shown.map((show) => similarities(show, d));
    expect(largestDifference(first, second)).toBeLessThan(1e-3);
  });

  test.each([
    { rows: 1_000, distinct: 40, dimension: 64 },
    { rows: 50, distinct: 10, dimension: 64 },
  ])("keeps no direction of $rows rows over $distinct vectors that is only rounding", async (given) => {
    const { rows: n, distinct, dimension: d } = given;
    const vectors = skewedRows(distinct, d, 7);
    const rows = new Float32Array(n * d);
    for (let i = 0; i < n; i++) {
      const from = (i % distinct) * d;
      rows.set(vectors.subarray(from, from + d), i * d);
    }
    const fit = must(await fitTransform("whiten", rows, d));
    expect(fittedDimension(fit)).toBeLessThanOrEqual(distinct - 1);
    const shown = await applyTransform(fit, vectors, d);
    const expected = whitenDirectly(rows, vectors, d, fittedDimension(fit));
    expect(largestDifference(similarities(shown, fittedDimension(fit)), expected)).toBeLessThan(1e-3);
  });

  test("gives the same fit for the same rows, to the last bit", async () => {
    const rows = skewedRows(200, 16, 8);
    const [first, second] = await Promise.all([
      fitTransform("whiten", rows, 16),
      fitTransform("whiten", rows.slice(), 16),
    ]);
    expect(first).toEqual(second);
  });

  test("shows a query the same alone and among many", async () => {
    const d = 24;
    const fit = must(await fitTransform("whiten", skewedRows(300, d, 9), d));
    const queries = skewedRows(40, d, 10);
    const together = await applyTransform(fit, queries, d);
    const rank = fittedDimension(fit);
    for (const [i, query] of rowsOf(queries, d).entries()) {
      const alone = await applyTransform(fit, query.slice(), d);
      expect(largestDifference(alone, together.subarray(i * rank, (i + 1) * rank))).toBeLessThan(1e-6);
    }
  });
});

describe.each(["center", "whiten"] as const)("fitting %s", (kind) => {
  test("gives nothing for fewer than two rows", async () => {
    expect(await fitTransform(kind, new Float32Array(0), 3)).toBeNull();
    expect(await fitTransform(kind, Float32Array.of(1, 0, 0), 3)).toBeNull();
  });

  test.each([2, 3, 7, 50])("gives nothing for %i rows that are all the same", async (n) => {
    const row = unitRows(Float32Array.of(0.3, -0.7, 0.1), 3);
    const rows = new Float32Array(3 * n).map((_, i) => row[i % 3] ?? 0);
    expect(await fitTransform(kind, rows, 3)).toBeNull();
  });
});

test("fits no transform that it does not know, rather than whitening", async () => {
  const rows = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
  await expect(fitTransform("none" as Fit["kind"], rows, 2)).rejects.toThrow('There is no transform "none".');
});
