import fc from "fast-check";
import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { eigenvaluesOf, tridiagonalVectors } from "../../../src/math/linear-algebra/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

const noRest = (): Promise<void> => Promise.resolve();

/** How far the vectors are from eigenvectors, in units of the largest entry, and from a right angle and length 1. */
const faultsOf = async (diagonal: Float64Array, beside: Float64Array, count = diagonal.length) => {
  const n = diagonal.length;
  const matrix = Matrix.zeros(n, n);
  diagonal.forEach((value, i) => {
    matrix.set(i, i, value);
    if (i + 1 < n) {
      matrix.set(i, i + 1, beside[i] ?? 0);
      matrix.set(i + 1, i, beside[i] ?? 0);
    }
  });
  const values = eigenvaluesOf({ diagonal, beside }).sort().reverse().slice(0, count);
  const made = await tridiagonalVectors({ diagonal, beside }, values, noRest);
  const vectors = Matrix.from1DArray(count, n, made.data);
  const residual = vectors.mmul(matrix).sub(Matrix.diag([...values]).mmul(vectors));
  const scale = Math.max(Number.MIN_VALUE, matrix.clone().abs().max());
  return {
    residual: residual.abs().max() / scale,
    angle: vectors.mmul(vectors.transpose()).sub(Matrix.eye(count)).abs().max(),
  };
};

describe("the eigenvectors of a tridiagonal matrix", () => {
  test.each([1, 2, 7, 200])("of size %i solve it, and are orthogonal", async (n) => {
    const random = seededRandom(n);
    const [diagonal, beside] = [Float64Array.from(normals(n, random)), Float64Array.from(normals(n, random))];
    beside[n - 1] = 0;
    const { residual, angle } = await faultsOf(diagonal, beside);
    expect(residual).toBeLessThan(1e-12);
    expect(angle).toBeLessThan(1e-12);
  });

  test("solve it where it falls into parts, and where eigenvalues are the same or nearly", async () => {
    const entry = fc.constantFrom(0, 1, -1, 2, 1 + 1e-15, 1e-9);
    const lists = fc.integer({ min: 1, max: 12 }).chain((n) => {
      const list = fc.array(entry, { minLength: n, maxLength: n });
      return fc.tuple(list, list);
    });
    await fc.assert(
      fc.asyncProperty(lists, async ([diagonal, beside]) => {
        const faults = await faultsOf(
          Float64Array.from(diagonal),
          Float64Array.from([...beside.slice(0, -1), 0]),
        );
        expect(faults.residual).toBeLessThan(1e-12);
        expect(faults.angle).toBeLessThan(1e-12);
      }),
      { numRuns: 500 },
    );
  });

  test("are right for Wilkinson's matrix, whose eigenvalues come in pairs, and for the first few", async () => {
    const diagonal = Float64Array.from({ length: 41 }, (_, i) => Math.abs(i - 20));
    const beside = new Float64Array(41).fill(1);
    beside[40] = 0;
    for (const count of [41, 5]) {
      const { residual, angle } = await faultsOf(diagonal, beside, count);
      expect(residual).toBeLessThan(1e-12);
      expect(angle).toBeLessThan(1e-12);
    }
  });
});
