import { describe, expect, it } from "vitest";
import { sumUpRepresentations } from "../../src/asif/relative.ts";
import type { RelativeRepresentations } from "../../src/asif/types.ts";

const SLOTS = 3;

const rowsOf = (...rows: readonly (readonly [number, number, number])[]): RelativeRepresentations => ({
  count: rows.length,
  offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i * SLOTS),
  slots: Int32Array.from(rows.flatMap(() => [0, 1, 2])),
  values: Float64Array.from(rows.flat()),
  similarities: Float32Array.from(rows.flat()),
});

const denseOf = ({ offsets, slots, values }: RelativeRepresentations, row: number): number[] => {
  const dense = [0, 0, 0];
  for (let i = offsets[row] ?? 0; i < (offsets[row + 1] ?? 0); i++) dense[slots[i] ?? 0] = values[i] ?? 0;
  return dense;
};

const close = (actual: readonly number[], expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 6));

describe("a class summed up", () => {
  it("is the unit sum of its joined prompt and of the unit mean of the others", () => {
    const summed = sumUpRepresentations(rowsOf([1, 0, 0], [0, 1, 0], [0, 0, 1]), [3], SLOTS);
    close(denseOf(summed, 0), [0.5, 0.5, Math.SQRT1_2]);
  });

  it("is the same prompt where all of them are the same", () => {
    const row = [0.6, 0, 0.8] as const;
    close(denseOf(sumUpRepresentations(rowsOf(row, row, row), [3], SLOTS), 0), row);
  });

  it("does not change where prompts other than the joined one are repeated", () => {
    const [a, b, joined] = [
      [1, 0, 0],
      [0.6, 0.8, 0],
      [0, 0.6, 0.8],
    ] as const;
    const once = sumUpRepresentations(rowsOf(a, b, joined), [3], SLOTS);
    const thrice = sumUpRepresentations(rowsOf(a, b, a, b, a, b, joined), [7], SLOTS);
    close(denseOf(thrice, 0), denseOf(once, 0));
  });

  it("is its only prompt where it has one", () => {
    const summed = sumUpRepresentations(
      rowsOf([1, 0, 0], [0, 0.6, 0.8], [0, 1, 0], [1, 0, 0]),
      [1, 3],
      SLOTS,
    );
    expect(summed.count).toBe(2);
    close(denseOf(summed, 0), [1, 0, 0]);
  });
});
