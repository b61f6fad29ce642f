import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { mutualNeighbours } from "../../../research/evaluation/mutual-neighbours.ts";
import { closeKernels } from "../../../src/retrieval/index.ts";
import { exactImage, exactText } from "../../support/anchor-space.ts";
import { cosine } from "../../support/naive-asif.ts";

afterAll(closeKernels);

const naive = (left: readonly number[][], right: readonly number[][], k: number): number => {
  const near = (rows: readonly number[][], row: number): number[] =>
    rows
      .map((other, i) => ({ i, similarity: cosine(rows[row] ?? [], other) }))
      .filter(({ i }) => i !== row)
      .sort((a, b) => b.similarity - a.similarity || a.i - b.i)
      .slice(0, k)
      .map(({ i }) => i);
  const shares = left.map((_, row) => {
    const [a, b] = [near(left, row), near(right, row)];
    return a.filter((i) => b.includes(i)).length / a.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

const flat = (rows: readonly number[][]): Float32Array => Float32Array.from(rows.flat());

test("mutual neighbours are those of a slow reference, duplicates and ties among them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(exactImage, exactText), { minLength: 2, maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      async (pairs, k) => {
        const [left, right] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const found = await mutualNeighbours(flat(left), flat(right), pairs.length, k);
        expect(found).toBeCloseTo(naive(left, right, k), 12);
      },
    ),
    { numRuns: 60 },
  );
});

test("a representation agrees with itself, turned or scaled, wholly; no neighbours are asked of one thing", async () => {
  const rows = Float32Array.of(1, 0, 0.9, 0.2, 0, 1, -1, 0.1);
  const turned = rows.map((_, i) => 3 * (i % 2 === 0 ? -(rows[i + 1] ?? 0) : (rows[i - 1] ?? 0)));
  expect(await mutualNeighbours(rows, turned, 4, 2)).toBe(1);
  await expect(mutualNeighbours(rows, rows, 1, 2)).rejects.toThrow(RangeError);
});
