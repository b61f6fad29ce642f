import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import type { TransformKind } from "../../src/types.ts";
import { multiply, type Matrix as LinearMatrix } from "../../src/math/linear-algebra/index.ts";
import {
  autoRank,
  fittedTransformOf,
  kindFor,
  rankFor,
  whiteningOf,
  fitTransform,
  whiteningFactor,
  type Fit,
} from "../../src/retrieval/transform.ts";
import { applyTransform, closeKernels, fittedDimension, unitRows } from "../../src/retrieval/index.ts";
import { innerProduct } from "../support/naive-index.ts";
import { normals, seededRandom } from "../support/random.ts";

afterAll(closeKernels);

/** Unit rows whose deviation falls as a power of the direction's number, as it does for images. */
const fallingRows = (n: number, d: number, seed: number): Float32Array => {
  const noise = normals(n * d, seededRandom(seed));
  return unitRows(
    noise.map((value, i) => value * ((i % d) + 1) ** -0.7),
    d,
  );
};

/** The cosine basis of `n` values without the constant, `[count, n]`: rows of norm 1, orthogonal, and of mean 0. */
const cosines = (count: number, n: number): LinearMatrix => ({
  data: Float64Array.from(
    { length: count * n },
    (_, at) => Math.sqrt(2 / n) * Math.cos((Math.PI * (Math.floor(at / n) + 1) * ((at % n) + 0.5)) / n),
  ),
  rows: count,
  columns: n,
});

/** Rows of mean 0 with these deviations, in descending order, along orthogonal directions that are not the axes. */
const rowsWith = async (deviations: readonly number[], n: number): Promise<Float32Array> => {
  const d = deviations.length;
  const [left, right] = [cosines(d - 1, n), cosines(d - 1, d)];
  const data = left.data.map((value, at) => value * Math.sqrt(n) * (deviations[Math.floor(at / n)] ?? 0));
  return new Float32Array((await multiply({ ...left, data }, right, "left")).data);
};

const rowsOf = (rows: Float32Array, d: number): Float32Array[] =>
  Array.from({ length: rows.length / d }, (_, i) => rows.subarray(i * d, (i + 1) * d));

const must = (fit: Fit | null): Fit => fit ?? expect.fail("nothing was fitted");

/** Deviations of rows around their mean, greatest first, by the decomposition of their whole covariance. */
const exactAxes = (rows: Float32Array, d: number) => {
  const X = Matrix.from1DArray(rows.length / d, d, Array.from(rows));
  const centered = X.clone().subRowVector(X.mean("column"));
  const decomposed = new EigenvalueDecomposition(centered.transpose().mmul(centered).div(X.rows), {
    assumeSymmetric: true,
  });
  return decomposed.realEigenvalues
    .map((value, i) => ({
      deviation: Math.sqrt(Math.max(0, value)),
      axis: decomposed.eigenvectorMatrix.getColumn(i),
    }))
    .sort((a, b) => b.deviation - a.deviation);
};

const kindOf = (power: number, rank: number | "auto" = "auto"): Exclude<TransformKind, "none"> =>
  `whiten:${power}:${rank}`;

describe("the factors of section 5", () => {
  test.each([
    { power: 0.6, variance: 4, factor: 0.659754 },
    { power: 0.6, variance: 1, factor: 1 },
    { power: 1, variance: 4, factor: 0.5 },
    { power: 1, variance: 1, factor: 1 },
    { power: 0, variance: 4, factor: 1 },
    { power: 0, variance: 1, factor: 1 },
  ])("multiply a variance of $variance to the power $power by $factor", ({ power, variance, factor }) => {
    expect(whiteningFactor(variance, power)).toBeCloseTo(factor, 6);
  });
});

describe("a fit", () => {
  test.each([
    { n: 60, d: 90, path: "fewer rows than dimensions" },
    { n: 400, d: 90, path: "more rows than dimensions" },
    { n: 640, d: 900, path: "a Gram matrix too large for a whole decomposition" },
    { n: 1_400, d: 560, path: "a covariance too large for a whole decomposition" },
  ])("has the deviations of an exact decomposition to 1e-4, with $path", async ({ n, d }) => {
    const rows = fallingRows(n, d, n);
    const wanted = 64;
    const { projection } = must(await fitTransform(kindOf(1, wanted), rows, d));
    const axes = rowsOf(projection ?? new Float32Array(0), d);
    const exact = exactAxes(rows, d);
    expect(axes).toHaveLength(Math.min(wanted, n - 1));
    for (const [i, axis] of axes.entries()) {
      const deviation = 1 / Math.sqrt(innerProduct(axis, axis));
      expect(Math.abs(deviation / (exact[i]?.deviation ?? NaN) - 1)).toBeLessThan(1e-4);
    }
  });

  test.each([
    { spectrum: "flat enough for products in float32", deviationOf: (i: number) => (i + 1) ** -0.5 },
    { spectrum: "too steep for them", deviationOf: (i: number) => (i + 1) ** -1.5 },
  ])("has the deviations that rows of many dimensions were made with, $spectrum", async ({ deviationOf }) => {
    const [n, d, wanted] = [1_200, 1_100, 64];
    const deviations = Array.from({ length: d }, (_, i) => deviationOf(i));
    const fit = must(await fitTransform(kindOf(1, wanted), await rowsWith(deviations, n), d));
    for (const [i, axis] of rowsOf(fit.projection ?? new Float32Array(0), d).entries())
      expect(Math.abs(1 / Math.sqrt(innerProduct(axis, axis)) / (deviations[i] ?? NaN) - 1)).toBeLessThan(
        1e-4,
      );
  });

  test("shows vectors as the formula does", async () => {
    const [n, d, power] = [300, 20, 0.6];
    const rows = fallingRows(n, d, 3);
    const queries = fallingRows(9, d, 4);
    const exact = exactAxes(rows, d);
    const mean = Matrix.from1DArray(n, d, Array.from(rows)).mean("column");
    const naive = rowsOf(queries, d).map((query) => {
      const centered = Array.from(query, (value, i) => value - (mean[i] ?? 0));
      const shown = exact.map(
        ({ deviation, axis }) => (deviation * deviation) ** (-power / 2) * innerProduct(centered, axis),
      );
      return shown.map((value) => value / Math.sqrt(innerProduct(shown, shown)));
    });
    const shown = rowsOf(await applyTransform(await fitTransform(kindOf(power), rows, d), queries, d), d);
    for (const [i, a] of naive.entries())
      for (const [j, b] of naive.entries())
        expect(innerProduct(shown[i] ?? [], shown[j] ?? [])).toBeCloseTo(innerProduct(a, b), 5);
  });

  test("of the power 0 in all directions compares as centring does", async () => {
    const d = 12;
    const rows = fallingRows(100, d, 5);
    const queries = fallingRows(8, d, 6);
    const [turned, centered] = await Promise.all(
      [kindOf(0, d), "center" as const].map(async (kind) =>
        rowsOf(await applyTransform(await fitTransform(kind, rows, d), queries, d), d),
      ),
    );
    for (const [i, a] of (turned ?? []).entries())
      for (const [j, b] of (turned ?? []).entries())
        expect(innerProduct(a, b)).toBeCloseTo(innerProduct(centered?.[i] ?? [], centered?.[j] ?? []), 5);
  });

  test("leaves out directions in which rows do not vary", async () => {
    const rows = Float32Array.from(fallingRows(80, 6, 7), (value, i) => (i % 6 < 3 ? value : 0));
    expect(fittedDimension(must(await fitTransform(kindOf(0.9), unitRows(rows, 6), 6)))).toBe(3);
  });

  test("keeps no more directions than rows and dimensions allow, all finite", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 2, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (n, d, power) => {
          const fit = must(await fitTransform(kindOf(power), fallingRows(n, d, 10 * n + d), d));
          expect(fittedDimension(fit)).toBeLessThanOrEqual(Math.min(n - 1, d));
          expect((fit.projection ?? new Float32Array(1)).every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("the rank auto", () => {
  test.each([
    { anchors: 40, rank: 64 },
    { anchors: 200, rank: 128 },
    { anchors: 300, rank: 128 },
    { anchors: 704, rank: 256 },
    { anchors: 2_500, rank: 256 },
    { anchors: 6_300, rank: 512 },
    { anchors: 1_000_000, rank: 512 },
  ])("wants $rank directions of $anchors anchors", ({ anchors, rank }) => {
    expect(autoRank(anchors, 2_304)).toBe(rank);
  });

  test("stays within the dimension and below the number of anchors", () => {
    expect(rankFor({ power: 1, rank: "auto" }, 10_000, 32)).toBe(32);
    expect(rankFor({ power: 1, rank: "auto" }, 30, 2_304)).toBe(29);
    expect(rankFor({ power: 1, rank: 500 }, 10_000, 2_304)).toBe(500);
  });
});

describe("what a transform does to a side", () => {
  const custom = {
    image: { kind: "whiten", power: 0.5 },
    text: { kind: "whiten", power: 0.25, rank: 12 },
    rank: 40,
  } as const;

  test.each([
    { transform: "whiten", anchors: 1_000, image: "whiten", text: "center" },
    { transform: "center", anchors: 1_000, image: "center", text: "center" },
    { transform: "none", anchors: 1_000, image: "none", text: "none" },
    { transform: "auto", anchors: 256, image: "whiten:0.9:auto", text: "whiten:0.6:auto" },
    { transform: "auto", anchors: 255, image: "whiten:0.7:auto", text: "whiten:0.5:auto" },
    { transform: "auto", anchors: 20, image: "whiten:0.7:auto", text: "whiten:0.5:auto" },
    { transform: "auto", anchors: 19, image: "center", text: "center" },
    { transform: custom, anchors: 1, image: "whiten:0.5:40", text: "whiten:0.25:12" },
  ] as const)(
    "is $image and $text for $transform of $anchors anchors",
    ({ transform, anchors, image, text }) => {
      expect(kindFor("image", transform, anchors)).toBe(image);
      expect(kindFor("text", transform, anchors)).toBe(text);
    },
  );

  test("is told with its power and the directions that were kept", () => {
    expect(fittedTransformOf("whiten:0.5:auto", 77)).toEqual({ kind: "whiten", power: 0.5, rank: 77 });
    expect(fittedTransformOf("whiten", 256)).toBe("whiten");
    expect(whiteningOf("whiten:0.25:12")).toEqual({ power: 0.25, rank: 12 });
    expect(whiteningOf("center")).toBeNull();
  });
});
