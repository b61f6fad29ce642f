import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { minimizeOnSimplex, simplexGap } from "../../../../src/features/selection/emms/simplex-program.ts";
import { normals, seededRandom } from "../../../support/random.ts";

/** A positive semidefinite matrix of this rank. */
const hessianOf = (size: number, rank: number, random: () => number): Float64Array => {
  const factor = normals(size * rank, random);
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += (factor[i * rank + r] ?? 0) * (factor[j * rank + r] ?? 0);
    return sum;
  });
};

describe("minimizeOnSimplex", () => {
  test("ends at a stationary point of the simplex, whatever the rank and the start are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 16 }),
        fc.boolean(),
        async (seed, size, rank, atCorner) => {
          const random = seededRandom(seed);
          const hessian = hessianOf(size, rank, random);
          // In the range of the form, so that it has a minimum on every plane.
          const target = normals(size, random);
          const linear = new Float64Array(size).map((_, i) =>
            target.reduce((sum, value, j) => sum + (hessian[i * size + j] ?? 0) * value, 0),
          );
          const start = new Float64Array(size).fill(atCorner ? 0 : 1 / size);
          if (atCorner) start[seed % size] = 1;
          const program = { hessian, linear };
          const made = await minimizeOnSimplex(program, start, 1e-11);
          expect(made.every((value) => value >= 0)).toBe(true);
          expect(made.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
          expect(simplexGap(program, made)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("puts all weight on one corner where that is the best", async () => {
    const program = { hessian: Float64Array.of(1, 0, 0, 1), linear: Float64Array.of(0, 5) };
    expect([...(await minimizeOnSimplex(program, Float64Array.of(0.5, 0.5), 1e-12))]).toEqual([0, 1]);
  });
});
