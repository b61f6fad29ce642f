import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankGrid } from "../../../src/features/tuning/asif-grid.ts";
import { rankAmong } from "../../../src/features/tuning/ranks.ts";
import { naiveClassScore, type NaiveAnchor } from "../../support/naive-asif.ts";
import { viewOf as naiveView, randomAnchors } from "../../support/anchor-space.ts";

const concatenated = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

const gridOf = async (
  anchors: readonly NaiveAnchor[],
  queries: readonly NaiveAnchor[],
  sizes: readonly number[],
  ks: readonly number[],
  ps: readonly number[],
) => {
  const view = await naiveView(anchors);
  const options = { k: ks.at(-1) ?? 1, transform: "none" as const, exact: true };
  const search = async (side: "image" | "text") =>
    (await view.search(side, concatenated(queries.map((query) => query[side])), options)).neighbours;
  const truths = Int32Array.from(queries, (_, i) =>
    sizes.findIndex((__, c) => i < sizes.slice(0, c + 1).reduce((a, b) => a + b, 0)),
  );
  const found = new Map<string, number[]>();
  await rankGrid(
    { images: await search("image"), texts: await search("text"), truths, sizes, slotCount: view.slotCount },
    ks,
    ps,
    (k, p, ranks) => found.set(`${k} ${p}`, [...ranks]),
  );
  return { found, truths };
};

/** By the definition; scores that differ by rounding alone count as equal on either side. */
const naiveRanks = (
  anchors: readonly NaiveAnchor[],
  queries: readonly NaiveAnchor[],
  sizes: readonly number[],
  truths: Int32Array,
  k: number,
  p: number,
): { low: number; high: number }[] =>
  queries.map(({ image }, i) => {
    let first = 0;
    const scores = sizes.map((size) => {
      const prompts = queries.slice(first, first + size).map(({ text }) => text);
      first += size;
      return naiveClassScore(anchors, image, prompts, "max", { k, p });
    });
    const own = scores[truths[i] ?? 0] ?? 0;
    return {
      low: 1 + scores.filter((score) => score > own + 1e-6).length,
      high: scores.filter((score) => score > own - 1e-6).length,
    };
  });

describe("a grid of ranks", () => {
  it("holds what relative representations of each k and p give", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 45 }), { minLength: 1, maxLength: 5 }),
        async (count, seed, unordered) => {
          const ks = unordered.sort((a, b) => a - b);
          const all = randomAnchors(count + 8, seed);
          const [anchors, queries] = [all.slice(0, count), all.slice(count)];
          const sizes = [1, 3, 2, 1, 1];
          const { found, truths } = await gridOf(anchors, queries, sizes, ks, [1, 2.5, 8]);
          for (const k of ks) {
            for (const p of [1, 2.5, 8]) {
              const ranks = found.get(`${k} ${p}`) ?? [];
              naiveRanks(anchors, queries, sizes, truths, k, p).forEach(({ low, high }, i) => {
                expect(ranks[i]).toBeGreaterThanOrEqual(low);
                expect(ranks[i]).toBeLessThanOrEqual(high);
              });
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("a rank", () => {
  it("is shared by classes of the same score", () => {
    expect(rankAmong(Float64Array.of(0, 0, 0), [1, 1, 1], 1)).toBe(2);
    expect(rankAmong(Float64Array.of(3, 1, 1), [1, 1, 1], 2)).toBe(2.5);
  });

  it("is that of a class by its best text", () => {
    expect(rankAmong(Float64Array.of(1, 9, 5, 2, 3), [2, 1, 2], 2)).toBe(3);
    expect(rankAmong(Float64Array.of(1, 9, 5, 2, 3), [2, 1, 2], 0)).toBe(1);
  });
});
