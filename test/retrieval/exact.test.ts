import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { closeKernels, createFlatIndex, unitRows } from "../../src/retrieval/index.ts";
import { naiveNearest } from "../support/naive-index.ts";
import { normals, seededRandom } from "../support/random.ts";
import {
  ascending,
  descending,
  fan,
  flat,
  hitsOf,
  openExact,
  range,
  slotsOf,
  unit,
  type Compare,
} from "./indexes.ts";

afterAll(closeKernels);

/**
 * Unit vectors whose inner products with small integers are exact in float32, and often equal: either one part is 1
 * or -1, or four are 1/2 or -1/2.
 */
const exactUnit = (dimension: number): fc.Arbitrary<number[]> => {
  const sign = fc.constantFrom(-1, 1);
  const axis = fc
    .tuple(fc.nat(dimension - 1), sign)
    .map(([at, value]) => range(0, dimension).map((i) => (i === at ? value : 0)));
  if (dimension < 4) return axis;
  const four = fc
    .tuple(
      fc.uniqueArray(fc.nat(dimension - 1), { minLength: 4, maxLength: 4 }),
      fc.array(sign, { minLength: 4, maxLength: 4 }),
    )
    .map(([places, signs]) =>
      range(0, dimension).map((i) => (places.includes(i) ? (signs[places.indexOf(i)] ?? 1) / 2 : 0)),
    );
  return fc.oneof(axis, four);
};

const searchCase = fc.integer({ min: 1, max: 12 }).chain((dimension) =>
  fc.record({
    dimension: fc.constant(dimension),
    distinct: fc.array(exactUnit(dimension), { minLength: 1, maxLength: 12 }),
    picks: fc.array(fc.nat(), { maxLength: 700, size: "max" }),
    batches: fc.integer({ min: 1, max: 300 }),
    removed: fc.array(fc.nat(), { maxLength: 60 }),
    filtered: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    queries: fc.array(
      fc.array(fc.integer({ min: -8, max: 8 }), { minLength: dimension, maxLength: dimension }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
    k: fc.integer({ min: 1, max: 800 }),
    seed: fc.nat(),
  }),
);

describe("the exact index", () => {
  test("answers as scoring every vector in turn does, to the last bit, with duplicates, removals and filters", async () => {
    await fc.assert(
      fc.asyncProperty(searchCase, async (given) => {
        const random = seededRandom(given.seed);
        const rows = given.picks.map((pick) => given.distinct[pick % given.distinct.length] ?? []);
        const rank = rows.map(() => random());
        const compare: Compare = (a, b) => (rank[a] ?? 0) - (rank[b] ?? 0);
        const { index, add } = openExact(given.dimension, compare);
        for (let first = 0; first < rows.length; first += given.batches)
          await add(rows.slice(first, first + given.batches));
        const gone = new Set(rows.length === 0 ? [] : given.removed.map((slot) => slot % rows.length));
        index.remove([...gone]);
        const share = given.filtered;
        const allow =
          share === undefined
            ? undefined
            : Uint8Array.from(rows, (_, slot) => (!gone.has(slot) && random() < share ? 1 : 0));
        const neighbours = await index.search(flat(given.queries), {
          k: given.k,
          ...(allow === undefined ? {} : { allow }),
        });
        given.queries.forEach((query, i) => {
          const allowed = (slot: number) => (allow === undefined ? !gone.has(slot) : allow[slot] === 1);
          // JSON writes -0, which a product of zeros can be, as 0.
          expect(JSON.stringify(hitsOf(neighbours, i))).toBe(
            JSON.stringify(naiveNearest(rows, query, { k: given.k, allowed, compare })),
          );
        });
      }),
      { numRuns: 150 },
    );
  });

  test("scores real vectors as float64 does, to six digits", async () => {
    const [dimension, count] = [96, 900];
    const random = seededRandom(7);
    const vectors = unitRows(normals(count * dimension, random), dimension);
    const rows = range(0, count).map((i) => vectors.subarray(i * dimension, (i + 1) * dimension));
    const { index, add } = openExact(dimension, ascending);
    await add(rows);
    const queries = unitRows(normals(20 * dimension, random), dimension);
    const neighbours = await index.search(queries, { k: 50 });
    for (let i = 0; i < 20; i++) {
      const query = queries.subarray(i * dimension, (i + 1) * dimension);
      const expected = naiveNearest(rows, query, { k: 50, allowed: () => true, compare: ascending });
      const found = hitsOf(neighbours, i);
      expect(found).toHaveLength(50);
      found.forEach(({ score }, j) => expect(Math.abs(score - (expected[j]?.score ?? 0))).toBeLessThan(1e-6));
    }
  });

  test.each([77, 512, 600])(
    "gives equal vectors of %i dimensions equal scores, wherever they stand and however many queries come at once",
    async (dimension) => {
      const random = seededRandom(11);
      const one = unitRows(normals(dimension, random), dimension);
      const places = [0, 1, 3, 6, 13, 100, 255, 256, 300, 511, 512, 600, 777, 778];
      const rows = range(0, 779).map((slot) =>
        places.includes(slot) ? one : unitRows(normals(dimension, random), dimension),
      );
      const { index, add } = openExact(dimension, ascending);
      await add(rows);
      const query = unitRows(normals(dimension, random), dimension);
      const allow = Uint8Array.from(rows, (_, slot) => (places.includes(slot) ? 1 : 0));
      const few = Uint8Array.from(rows, (_, slot) => (slot === 512 || slot === 777 ? 1 : 0));
      const scores = new Set<number>();
      for (const batch of [...range(1, 20), 31, 32, 33, 34, 64, 65]) {
        const queries = flat([...range(1, batch).map(() => normals(dimension, random)), query]);
        for (const filter of [allow, few]) {
          const found = hitsOf(await index.search(queries, { k: 14, allow: filter }), batch - 1);
          for (const { score } of found) scores.add(score);
        }
      }
      expect(scores.size).toBe(1);
    },
  );

  test("still finds a removed slot where a bitmap from before lets it through", async () => {
    const { index, add } = openExact(2, ascending);
    await add(fan(5));
    const before = new Uint8Array(5).fill(1);
    index.remove([0]);
    expect(slotsOf(await index.search(unit(1, 0), { k: 2, allow: before }))).toEqual([0, 1]);
    expect(slotsOf(await index.search(unit(1, 0), { k: 2 }))).toEqual([1, 2]);
  });

  test("answers a search as of its start, whatever is added or removed meanwhile", async () => {
    const { index, add } = openExact(2, ascending);
    await add(fan(300));
    const search = index.search(unit(1, 0), { k: 400 });
    index.remove([0]);
    await add(fan(300));
    expect(slotsOf(await search)).toEqual(range(0, 300));
  });

  test("finds exactly the k best of what a filter allows, from one row in ten thousand to all", async () => {
    const [dimension, count] = [16, 10_000];
    const random = seededRandom(5);
    const vectors = unitRows(normals(count * dimension, random), dimension);
    const rows = range(0, count).map((i) => vectors.subarray(i * dimension, (i + 1) * dimension));
    const { index, add } = openExact(dimension, descending);
    await add(rows);
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -4, max: 0, noNaN: true }),
        fc.constantFrom(1, 10, 300),
        fc.constantFrom(1, 2, 40),
        async (power, k, batch) => {
          const share = 10 ** power;
          const allow = Uint8Array.from(rows, () => (random() < share ? 1 : 0));
          const queries = unitRows(normals(batch * dimension, random), dimension);
          const neighbours = await index.search(queries, { k, allow });
          const query = queries.subarray((batch - 1) * dimension);
          const expected = naiveNearest(rows, query, {
            k,
            allowed: (slot) => allow[slot] === 1,
            compare: descending,
          });
          const found = hitsOf(neighbours, batch - 1);
          expect(found).toHaveLength(expected.length);
          found.forEach(({ slot, score }, i) => {
            expect(allow[slot]).toBe(1);
            // Two that float32 cannot tell apart may change places.
            if (slot !== expected[i]?.slot) expect(score).toBeCloseTo(expected[i]?.score ?? NaN, 6);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("appending raw vectors stores the same rows as adding their unit rows, over the end of a block", () => {
  const random = seededRandom(7);
  const rows = range(0, 600).map((row) =>
    row === 3 ? new Float32Array(5) : normals(5, random).map((value) => 100 * value),
  );
  const compare = (a: number, b: number): number => a - b;
  const [appended, added] = [1, 2].map(() => createFlatIndex({ dimension: 5, compare }));
  appended?.append(0, rows.slice(0, 10));
  appended?.append(10, rows.slice(10));
  added?.add(0, unitRows(Float32Array.from(rows.flatMap((row) => [...row])), 5));
  for (const slot of range(0, 600)) expect(appended?.row(slot)).toEqual(added?.row(slot));
});
