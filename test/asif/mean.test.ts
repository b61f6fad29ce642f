import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanRepresentations, type RelativeRepresentations } from "../../src/asif/index.ts";

const SLOTS = 5;

/** Rows as they are represented: only what is not 0 is kept, last slot first. */
const sparse = (rows: readonly (readonly number[])[]): RelativeRepresentations => {
  const entries = rows.map((row) =>
    row.flatMap((value, slot) => (value === 0 ? [] : [{ slot, value }])).reverse(),
  );
  const offsets = [0];
  for (const row of entries) offsets.push((offsets.at(-1) ?? 0) + row.length);
  const all = entries.flat();
  return {
    count: rows.length,
    offsets: Int32Array.from(offsets),
    slots: Int32Array.from(all, ({ slot }) => slot),
    values: Float64Array.from(all, ({ value }) => value),
    similarities: Float32Array.from(all, ({ value }) => value),
  };
};

const dense = ({ count, offsets, slots, values }: RelativeRepresentations): number[][] =>
  Array.from({ length: count }, (_, row) => {
    const filled = new Array<number>(SLOTS).fill(0);
    for (let i = offsets[row] ?? 0; i < (offsets[row + 1] ?? 0); i++)
      filled[slots[i] ?? 0] = values[i] ?? NaN;
    return filled;
  });

const naiveMean = (group: readonly (readonly number[])[]): number[] => {
  const sum = Array.from({ length: SLOTS }, (_, slot) =>
    group.reduce((total, row) => total + (row[slot] ?? 0), 0),
  );
  const norm = Math.hypot(...sum);
  return norm < 1e-9 ? sum.map(() => 0) : sum.map((value) => value / norm);
};

const row = fc.array(fc.constantFrom(-1, -0.5, 0, 0, 0.5, 1), { minLength: SLOTS, maxLength: SLOTS });
const groups = fc.array(fc.array(row, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });

describe("the mean of relative representations", () => {
  it("is the normalised sum of each group's rows, whatever slots the groups share", () => {
    fc.assert(
      fc.property(groups, (rows) => {
        const found = dense(
          meanRepresentations(
            sparse(rows.flat()),
            rows.map((group) => group.length),
            SLOTS,
          ),
        );
        rows.forEach((group, i) => {
          naiveMean(group).forEach((value, slot) => expect(found[i]?.[slot]).toBeCloseTo(value, 9));
        });
      }),
    );
  });

  it("is empty for rows that cancel each other, and the next group may use their slots", () => {
    const rows = sparse([
      [1, 0.5, 0, 0, 0],
      [-1, -0.5, 0, 0, 0],
      [0.5, 0, 1, 0, 0],
    ]);
    const means = meanRepresentations(rows, [2, 1], SLOTS);
    expect(Array.from(means.offsets)).toEqual([0, 0, 2]);
    const norm = Math.hypot(0.5, 1);
    expect(dense(means)[1]).toEqual([0.5 / norm, 0, 1 / norm, 0, 0]);
  });

  it("keeps the largest similarity of an anchor to any of the group's rows", () => {
    const means = meanRepresentations(
      sparse([
        [0.5, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
      ]),
      [2],
      SLOTS,
    );
    expect(Array.from(means.similarities)).toEqual([1]);
  });
});
