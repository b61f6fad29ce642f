import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { closeKernels, fitTransform, fittedDimension, unitRows } from "../../src/retrieval/index.ts";
import { innerProduct } from "../support/naive-index.ts";
import { normals, seededRandom } from "../support/random.ts";

afterAll(closeKernels);

/** Unit rows whose variance falls from one hidden direction to the next, as that of encoders' vectors does. */
const falling = (n: number, d: number, directions: number): Float32Array => {
  const random = seededRandom(n);
  const [latent, mixing, noise] = [
    normals(n * directions, random),
    normals(directions * d, random),
    normals(n * d, random),
  ];
  const rows = new Float32Array(n * d);
  for (let row = 0; row < n; row++) {
    for (let j = 0; j < directions; j++) {
      const value = (latent[row * directions + j] ?? 0) / (1 + j / 8);
      for (let i = 0; i < d; i++)
        rows[row * d + i] = (rows[row * d + i] ?? 0) + value * (mixing[j * d + i] ?? 0);
    }
  }
  return unitRows(
    rows.map((value, i) => value + 0.1 * (noise[i] ?? 0)),
    d,
  );
};

/** The greatest deviations along principal directions, by a whole decomposition in float64. */
const deviationsOf = (rows: Float32Array, d: number): number[] => {
  const X = Matrix.from1DArray(rows.length / d, d, Array.from(rows));
  X.subRowVector(X.mean("column"));
  const small = X.rows > d ? X.transpose().mmul(X) : X.mmul(X.transpose());
  const { realEigenvalues } = new EigenvalueDecomposition(small.div(X.rows), { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))).sort((a, b) => b - a);
};

describe("whitening of so many dimensions or rows that only the first directions are looked for", () => {
  test.each([
    { n: 700, d: 560, over: "the covariance" },
    { n: 540, d: 700, over: "the Gram matrix" },
  ])("finds them as a whole decomposition of $over does", async ({ n, d }) => {
    const rows = falling(n, d, 300);
    const fit = await fitTransform("whiten", rows, d);
    if (fit?.projection == null) throw new Error("nothing was fitted");
    const { mean, projection } = fit;
    expect(fittedDimension(fit)).toBe(256);
    const axes = Array.from({ length: 256 }, (_, i) => projection.subarray(i * d, (i + 1) * d));
    const lengths = axes.map((axis) => Math.sqrt(innerProduct(axis, axis)));

    // The directions are orthogonal.
    let worst = 0;
    for (let i = 0; i < 256; i++) {
      for (let j = 0; j < i; j++) {
        const product = innerProduct(axes[i] ?? [], axes[j] ?? []);
        worst = Math.max(worst, Math.abs(product) / ((lengths[i] ?? 1) * (lengths[j] ?? 1)));
      }
    }
    expect(worst).toBeLessThan(1e-3);

    // Each is divided by the deviation along it, plus 0.001; together they hold what can be held.
    const deviations = lengths.map((length) => 1 / length - 1e-3);
    const expected = deviationsOf(rows, d);
    for (let i = 0; i < 128; i++) expect((deviations[i] ?? 0) / (expected[i] ?? 1)).toBeCloseTo(1, 3);
    const variance = (values: readonly number[]): number => innerProduct(values, values);
    expect(variance(deviations) / variance(expected.slice(0, 256))).toBeGreaterThan(0.998);
    for (const at of [0, 100, 255]) {
      let squares = 0;
      for (let row = 0; row < n; row++) {
        const centered = rows.subarray(row * d, (row + 1) * d).map((value, i) => value - (mean[i] ?? 0));
        squares += innerProduct(centered, axes[at] ?? []) ** 2;
      }
      const along = Math.sqrt(squares / n) / (lengths[at] ?? 1);
      expect(along / (deviations[at] ?? 1)).toBeCloseTo(1, 2);
    }
  });
});
