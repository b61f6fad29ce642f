import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sparsemax } from "../../../../src/features/selection/emms/sparsemax.ts";
import { naiveSparsemax } from "../../../support/naive-emms.ts";

const points = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 8 });
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((all, value) => all + value, 0);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  sum(Array.from(a, (value, i) => (value - (b[i] ?? 0)) ** 2));

describe("sparsemax", () => {
  test("is the projection that a bisection finds", () => {
    fc.assert(
      fc.property(points, (point) => {
        const expected = naiveSparsemax(point);
        sparsemax(Float64Array.from(point)).forEach((value, i) =>
          expect(value).toBeCloseTo(expected[i] ?? NaN, 10),
        );
      }),
    );
  });

  test("is on the simplex, and no other point of it is nearer", () => {
    fc.assert(
      fc.property(
        points,
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
        (point, other) => {
          const nearest = sparsemax(Float64Array.from(point));
          expect(sum(nearest)).toBeCloseTo(1, 10);
          expect(Math.min(...nearest)).toBeGreaterThanOrEqual(0);
          const parts = other.slice(0, point.length);
          const elsewhere = parts.map((value) => value / sum(parts));
          expect(distance(point, nearest)).toBeLessThanOrEqual(distance(point, elsewhere) + 1e-12);
        },
      ),
    );
  });

  test("leaves a point of the simplex where it is, and does not see a shift", () => {
    fc.assert(
      fc.property(points, fc.double({ min: -1e6, max: 1e6, noNaN: true }), (point, shift) => {
        const once = sparsemax(Float64Array.from(point));
        sparsemax(once).forEach((value, i) => expect(value).toBeCloseTo(once[i] ?? NaN, 12));
        const shifted = sparsemax(Float64Array.from(point, (value) => value + shift));
        shifted.forEach((value, i) => expect(value).toBeCloseTo(once[i] ?? NaN, 8));
      }),
    );
  });

  test("keeps the order, and gives equal coordinates equal parts", () => {
    expect([...sparsemax(Float64Array.of(3, 3))]).toEqual([0.5, 0.5]);
    expect([...sparsemax(Float64Array.of(0.1, 5, 0.2))]).toEqual([0, 1, 0]);
    expect([...sparsemax(Float64Array.of(-1e9))]).toEqual([1]);
  });
});
