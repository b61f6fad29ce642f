import { describe, expect, it } from "vitest";
import { filteredEigen } from "../../../src/math/linear-algebra/filtered-eigen.ts";
import { eigenSymmetric, multiply } from "../../../src/math/linear-algebra/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

const SIZE = 420;

/** `X^T X / n` of rows whose deviation in column i is `deviation(i)`. */
const covarianceOf = async (rows: number, deviation: (column: number) => number): Promise<Float64Array> => {
  const noise = normals(rows * SIZE, seededRandom(rows));
  const data = Float64Array.from(noise, (value, i) => value * deviation(i % SIZE));
  const matrix = { data, rows, columns: SIZE };
  return (await multiply(matrix, matrix, "left")).data.map((sum) => sum / rows);
};

const worstDeviation = (found: Float64Array, exact: Float64Array): number =>
  found.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(Math.sqrt(value) / Math.sqrt(exact[i] ?? NaN) - 1)),
    0,
  );

describe("the first eigenvalues and vectors of a large matrix", () => {
  it.each([
    { spectrum: "falling slowly", deviation: (i: number) => (i + 1) ** -0.3, rank: 60 },
    { spectrum: "falling fast", deviation: (i: number) => (i + 1) ** -1.5, rank: 60 },
    { spectrum: "all alike", deviation: () => 1, rank: 20 },
    { spectrum: "of two levels", deviation: (i: number) => (i < 30 ? 10 : 0.1), rank: 30 },
  ])(
    "are those of the whole decomposition to 1e-4 of a deviation, $spectrum",
    async ({ deviation, rank }) => {
      const matrix = await covarianceOf(900, deviation);
      const exact = await eigenSymmetric(matrix, SIZE);
      const { values, vectors } = await filteredEigen(matrix, SIZE, rank);
      expect(worstDeviation(values, exact.values)).toBeLessThan(1e-4);
      const rows = { data: vectors, rows: rank, columns: SIZE };
      const { data: products } = await multiply(rows, rows, "right");
      products.forEach((product, at) => {
        const wanted = at % (rank + 1) === 0 ? 1 : 0;
        expect(Math.abs(product - wanted)).toBeLessThan(1e-6);
      });
    },
  );

  it("are found where the matrix has fewer directions than are wanted", async () => {
    const matrix = await covarianceOf(40, (i) => (i + 1) ** -0.5);
    const exact = await eigenSymmetric(matrix, SIZE);
    const { values } = await filteredEigen(matrix, SIZE, 60);
    for (let i = 0; i < 60; i++)
      expect(Math.abs((values[i] ?? NaN) - (exact.values[i] ?? NaN))).toBeLessThan(1e-12);
  });

  it("are the same to the last bit each time", async () => {
    const matrix = await covarianceOf(500, (i) => (i + 1) ** -0.7);
    expect(await filteredEigen(matrix, SIZE, 50)).toEqual(await filteredEigen(matrix, SIZE, 50));
  });
});
