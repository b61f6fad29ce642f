import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import {
  closeProducts,
  eigenvaluesOf,
  rotate,
  tridiagonalize,
} from "../../../src/math/linear-algebra/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(closeProducts);

const noRest = (): Promise<void> => Promise.resolve();

const symmetric = (n: number, rank: number): Matrix => {
  const rows = Matrix.from1DArray(n, rank, normals(n * rank, seededRandom(n)));
  return rows.mmul(rows.transpose());
};

const reduced = (matrix: Matrix) =>
  tridiagonalize(Float64Array.from(matrix.to1DArray()), matrix.rows, noRest);

describe.each([
  [1, 1],
  [2, 2],
  [6, 6],
  [66, 66],
  [150, 150],
  [150, 40],
])("a matrix of size %i and rank %i", (n, rank) => {
  test("is rotated into a tridiagonal one", async () => {
    const matrix = symmetric(n, rank);
    const made = await reduced(matrix);
    const eye = { data: Float64Array.from(Matrix.eye(n).to1DArray()), rows: n, columns: n };
    const turn = Matrix.from1DArray(n, n, (await rotate(made, eye)).data);
    const expected = Matrix.zeros(n, n);
    for (let i = 0; i < n; i++) {
      expected.set(i, i, made.diagonal[i] ?? 0);
      if (i + 1 < n) {
        expected.set(i, i + 1, made.beside[i] ?? 0);
        expected.set(i + 1, i, made.beside[i] ?? 0);
      }
    }
    expect(turn.mmul(turn.transpose()).sub(Matrix.eye(n)).abs().max()).toBeLessThan(1e-12);
    expect(turn.mmul(matrix).mmul(turn.transpose()).sub(expected).abs().max()).toBeLessThan(1e-10);
  });

  test("has the eigenvalues that a reference finds", async () => {
    const matrix = symmetric(n, rank);
    const made = eigenvaluesOf(await reduced(matrix)).sort();
    const expected = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
    const sorted = Float64Array.from(expected).sort();
    made.forEach((value, i) => expect(Math.abs(value - (sorted[i] ?? NaN))).toBeLessThan(1e-10));
  });
});

test("very large and very small matrices have the eigenvalues of others, in their unit", async () => {
  const made = await reduced(symmetric(6, 6));
  for (const unit of [2 ** -900, 2 ** -400, 2 ** 400]) {
    const scaled = {
      diagonal: made.diagonal.map((value) => value * unit),
      beside: made.beside.map((value) => value * unit),
    };
    expect(eigenvaluesOf(scaled)).toEqual(eigenvaluesOf(made).map((value) => value * unit));
  }
  expect([...eigenvaluesOf({ diagonal: new Float64Array(3), beside: new Float64Array(3) })]).toEqual([
    0, 0, 0,
  ]);
});

test("a diagonal matrix is its own", async () => {
  const made = await reduced(Matrix.diag([3, 0, 2, 5]));
  expect([...eigenvaluesOf(made).sort()]).toEqual([0, 2, 3, 5]);
});
