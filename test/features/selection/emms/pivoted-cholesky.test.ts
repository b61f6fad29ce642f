import { Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { closeProducts, gramOfRows, transpose } from "../../../../src/math/linear-algebra/index.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { factorPivoted } from "../../../../src/features/selection/emms/pivoted-cholesky.ts";

afterAll(closeProducts);

/** `[n, n]` of a rank, positive semidefinite. */
const matrixOf = (n: number, rank: number): Matrix => {
  const rows = Matrix.from1DArray(n, rank, normals(n * rank, seededRandom(n)));
  return rows.mmul(rows.transpose()).div(rank);
};

describe.each([
  [1, 1],
  [7, 3],
  [64, 64],
  [65, 65],
  [128, 128],
  [129, 129],
  [150, 70],
  [200, 128],
])("a matrix of size %i and rank %i", (n, rank) => {
  test("is the product of its factor with itself, and its rank is found", async () => {
    const matrix = matrixOf(n, rank);
    const made = await factorPivoted(Float64Array.from(matrix.to1DArray()), n, 1e-10);
    expect(made.rank).toBe(rank);
    const lower = Matrix.from1DArray(n, rank, made.lower);
    expect(lower.mmul(lower.transpose()).sub(matrix).abs().max()).toBeLessThan(1e-10);
  });

  test("has a factor that is lower triangular in its pivots' rows", async () => {
    const made = await factorPivoted(Float64Array.from(matrixOf(n, rank).to1DArray()), n, 1e-10);
    made.pivots.forEach((row, i) => {
      expect(made.lower[row * rank + i]).toBeGreaterThan(0);
      for (let j = i + 1; j < rank; j++) expect(made.lower[row * rank + j]).toBe(0);
    });
  });
});

test("a matrix of zeros has rank 0", async () => {
  expect(await factorPivoted(new Float64Array(9), 3, 1e-10)).toMatchObject({ rank: 0 });
});

test("the products of rows with each other are those of their matrix, over several blocks", async () => {
  const rows = { data: Float64Array.from(normals(600 * 9, seededRandom(2))), rows: 600, columns: 9 };
  const matrix = Matrix.from1DArray(600, 9, rows.data);
  const gram = Matrix.from1DArray(600, 600, await gramOfRows(rows));
  expect(gram.sub(matrix.mmul(matrix.transpose())).abs().max()).toBeLessThan(1e-12);
});

test("a transpose turns rows into columns, over several tiles", () => {
  const data = Float64Array.from(normals(70 * 33, seededRandom(3)));
  const turned = transpose({ data, rows: 70, columns: 33 });
  expect([...turned.data]).toEqual(Matrix.from1DArray(70, 33, data).transpose().to1DArray());
});
