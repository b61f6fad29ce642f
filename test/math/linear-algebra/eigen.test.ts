import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import {
  closeProducts,
  eigenSymmetric,
  functionOfSymmetric,
  leadingEigen,
  leadingEigenOf,
  multiply,
  orientDirection,
  type Eigen,
} from "../../../src/math/linear-algebra/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(closeProducts);

/** `X^T X` of random rows whose variance falls from one hidden direction to the next. */
const gramOf = (size: number, directions: number): Matrix => {
  const random = seededRandom(size);
  const latent = Matrix.from1DArray(directions, size, normals(directions * size, random));
  for (let i = 0; i < directions; i++) latent.mulRow(i, 1 / (1 + i / 8));
  return latent.transpose().mmul(latent);
};

const flat = (matrix: Matrix): Float64Array => Float64Array.from(matrix.to1DArray());

/** The greatest error of `A v = value v`, in units of the greatest value, and of the vectors' orthonormality. */
const errorsOf = (matrix: Matrix, { values, vectors }: Eigen) => {
  const rows = Matrix.from1DArray(values.length, matrix.rows, vectors);
  const residual = rows.mmul(matrix).sub(Matrix.diag([...values]).mmul(rows));
  return {
    residual: residual.abs().max() / (values[0] ?? 1),
    angle: rows.mmul(rows.transpose()).sub(Matrix.eye(values.length)).abs().max(),
  };
};

describe("eigenSymmetric", () => {
  test.each([1, 2, 3, 40, 150])("solves a matrix of size %i as ml-matrix does", async (size) => {
    const matrix = gramOf(size, size);
    const found = await eigenSymmetric(flat(matrix), size);
    const known = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
    known.sort((a, b) => b - a);
    found.values.forEach((value, i) =>
      expect(Math.abs(value - (known[i] ?? 0))).toBeLessThan(1e-12 * (known[0] ?? 1)),
    );
    const { residual, angle } = errorsOf(matrix, found);
    expect(residual).toBeLessThan(1e-12);
    expect(angle).toBeLessThan(1e-12);
  });

  test("gives orthonormal vectors for equal eigenvalues, negative ones and a matrix of zeros", async () => {
    for (const matrix of [Matrix.eye(5), Matrix.diag([3, -1, 3, 0, -1]), Matrix.zeros(4, 4)]) {
      const found = await eigenSymmetric(flat(matrix), matrix.rows);
      expect([...found.values]).toEqual([...found.values].sort((a, b) => b - a));
      const rows = Matrix.from1DArray(matrix.rows, matrix.rows, found.vectors);
      expect(rows.mmul(rows.transpose()).sub(Matrix.eye(matrix.rows)).abs().max()).toBeLessThan(1e-14);
      const built = rows.transpose().mmul(Matrix.diag([...found.values]).mmul(rows));
      expect(built.sub(matrix).abs().max()).toBeLessThan(1e-14);
    }
  });

  test("leaves its input as it is", async () => {
    const matrix = flat(gramOf(6, 6));
    const before = matrix.slice();
    await eigenSymmetric(matrix, 6);
    expect(matrix).toEqual(before);
  });
});

describe("leadingEigen", () => {
  test("finds the first directions of a large matrix, orthonormal and with their quadratic forms", async () => {
    const [size, rank] = [560, 60];
    const matrix = gramOf(size, 400);
    const found = await leadingEigen(flat(matrix), size, rank);
    const known = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues;
    known.sort((a, b) => b - a);
    found.values.forEach((value, i) => expect(value / (known[i] ?? 1)).toBeCloseTo(1, 3));
    expect(errorsOf(matrix, found).angle).toBeLessThan(1e-9);
  });

  test.each([0, 1, 3])("gives zeros beyond the rank of a large matrix of rank %i", async (directions) => {
    const [size, rank] = [520, 8];
    const matrix = directions === 0 ? Matrix.zeros(size, size) : gramOf(size, directions);
    const { values, vectors } = await leadingEigen(flat(matrix), size, rank);
    expect(vectors.every(Number.isFinite)).toBe(true);
    const largest = Math.max(1, values[0] ?? 0);
    values.subarray(0, directions).forEach((value) => expect(value).toBeGreaterThan(0.1 * largest));
    values.subarray(directions).forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-9 * largest));
  });

  test("needs no more of an operator than its products", async () => {
    const matrix = gramOf(70, 12);
    const data = { data: flat(matrix), rows: 70, columns: 70 };
    const found = await leadingEigenOf({ size: 70, times: (right) => multiply(data, right) }, 5, {
      oversampling: 10,
      iterations: 4,
    });
    const all = await eigenSymmetric(data.data, 70);
    for (let i = 0; i < 5; i++) {
      expect((found.values[i] ?? 0) / (all.values[i] ?? 1)).toBeCloseTo(1, 9);
      const [one, other] = [found, all].map(({ vectors }) => vectors.subarray(i * 70, (i + 1) * 70));
      const along = one?.reduce((sum, value, j) => sum + value * (other?.[j] ?? 0), 0) ?? 0;
      expect(Math.abs(along)).toBeCloseTo(1, 8);
    }
  });
});

test("functionOfSymmetric applies a function to the eigenvalues", async () => {
  const matrix = gramOf(9, 9);
  const root = await functionOfSymmetric(flat(matrix), 9, Math.sqrt);
  const square = Matrix.from1DArray(9, 9, root);
  expect(square.mmul(square).sub(matrix).abs().max()).toBeLessThan(1e-11);
});

test("orientDirection makes the largest part positive", () => {
  expect([...orientDirection(Float64Array.of(1, -3, 2))]).toEqual([-1, 3, -2]);
  expect([...orientDirection(Float64Array.of(-1, 3))]).toEqual([-1, 3]);
});
