import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import {
  closeProducts,
  factor,
  solveLower,
  solveLowerTransposed,
} from "../../../src/math/linear-algebra/index.ts";
import { invertLower } from "../../../src/math/linear-algebra/cholesky.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(closeProducts);

/** Symmetric and positive definite. */
const matrixOf = (n: number): Matrix => {
  const rows = Matrix.from1DArray(n, n, normals(n * n, seededRandom(n)));
  return rows.transpose().mmul(rows).div(n).add(Matrix.eye(n).mul(0.1));
};

const largest = (matrix: Matrix): number => matrix.abs().max();

describe.each([1, 7, 128, 129, 300])("a matrix of size %i", (n) => {
  test("is factored as by a reference", async () => {
    const matrix = matrixOf(n);
    const made = Matrix.from1DArray(n, n, await factor(Float64Array.from(matrix.to1DArray()), n));
    const reference = new CholeskyDecomposition(matrix).lowerTriangularMatrix;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) made.set(i, j, 0);
    expect(largest(made.sub(reference))).toBeLessThan(1e-10);
  });

  test("is solved by", async () => {
    const matrix = matrixOf(n);
    const right = Matrix.from1DArray(n, 3, normals(n * 3, seededRandom(1)));
    const lower = await factor(Float64Array.from(matrix.to1DArray()), n);
    const asked = { data: Float64Array.from(right.to1DArray()), rows: n, columns: 3 };
    const { data } = await solveLowerTransposed(lower, await solveLower(lower, asked));
    expect(largest(matrix.mmul(Matrix.from1DArray(n, 3, data)).sub(right))).toBeLessThan(1e-9);
  });

  test("has a triangular factor that is inverted, whatever is above its diagonal", async () => {
    const lower = await factor(Float64Array.from(matrixOf(n).to1DArray()), n);
    const made = Matrix.from1DArray(n, n, (await invertLower(lower, n)).data);
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) lower[i * n + j] = 0;
    expect(largest(Matrix.from1DArray(n, n, lower).mmul(made).sub(Matrix.eye(n)))).toBeLessThan(1e-9);
  });
});
