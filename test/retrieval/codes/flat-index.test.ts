import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFlatIndex, type FlatIndex } from "../../../src/retrieval/codes/flat-index.ts";
import { createSearchPool, type SearchPool } from "../../../src/retrieval/codes/search-pool.ts";
import { closeKernels, DEFAULT_COSTS, unitRows, useCosts } from "../../../src/retrieval/index.ts";
import { normals, seededRandom } from "../../support/random.ts";
import { descending, hitsOf, slotsOf } from "../indexes.ts";

const MEANS = ["scans", "codes", "floats"] as const;
const DIMENSION = 24;
const ROWS = 9_000;

/** Rows of a hundred kinds, each some 90 times almost the same, and every tenth exactly. */
const madeRows = (count: number): Float32Array => {
  const random = seededRandom(5);
  const kinds = normals(100 * DIMENSION, random);
  const rows = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) {
    const kind = row % 100;
    const noise = row % 10 === 0 ? 0 : 0.3;
    const off = normals(DIMENSION, random);
    for (let j = 0; j < DIMENSION; j++)
      rows[row * DIMENSION + j] = (kinds[kind * DIMENSION + j] ?? 0) + noise * (off[j] ?? 0);
  }
  return unitRows(rows, DIMENSION);
};

const rows = madeRows(ROWS);
const queriesOf = (count: number): Float32Array =>
  unitRows(normals(count * DIMENSION, seededRandom(8)), DIMENSION);

const filled = (options: { pool?: SearchPool; raise?: number } = {}): FlatIndex => {
  const index = createFlatIndex({ dimension: DIMENSION, compare: descending, ...options });
  index.add(0, rows);
  return index;
};

/** The scores of all rows in float32 decide; the index's own, of everything, are these. */
const allOf = async (index: FlatIndex, queries: Float32Array) => index.search(queries, { k: ROWS });

/** Searches of any size are handed to threads, and batches answered by products. */
const onThreads = (): void =>
  useCosts({
    ...DEFAULT_COSTS,
    flat: { ...DEFAULT_COSTS.flat, search: 1_000 },
    batch: { ...DEFAULT_COSTS.batch, search: 0 },
  });

afterEach(() => useCosts(DEFAULT_COSTS));
afterAll(closeKernels);

describe("a search on threads", () => {
  beforeEach(onThreads);

  test.each([
    [1, undefined],
    [3, undefined],
    [9, undefined],
    [70, undefined],
    [9, 0.4],
    [1, 0.4],
    [12, 0.02],
  ])(
    "of %i queries finds what scoring every row finds, ties by id, with a filter of %s",
    async (count, share) => {
      const index = filled();
      const queries = queriesOf(count);
      const random = seededRandom(2);
      const allow =
        share === undefined ? undefined : Uint8Array.from({ length: ROWS }, () => (random() < share ? 1 : 0));
      const all = await allOf(index, queries);
      for (const [k, means] of (count < 9 ? ["scans" as const] : MEANS).flatMap((means) =>
        [1, 10, 200].map((k) => [k, means] as const),
      )) {
        const found = await index.search(queries, { k, means, ...(allow === undefined ? {} : { allow }) });
        for (let query = 0; query < count; query++) {
          const expected = hitsOf(all, query).filter(({ slot }) => allow === undefined || allow[slot] === 1);
          expect(hitsOf(found, query)).toEqual(expected.slice(0, k));
        }
      }
    },
  );

  test("catches thresholds that a sample made too high", async () => {
    const queries = queriesOf(20);
    for (const proof of [true, false]) {
      const expected = await filled().search(queries, { k: 30, proof, means: "codes" });
      for (const raise of [0.001, 0.02, 10]) {
        const found = await filled({ raise }).search(queries, { k: 30, proof, means: "codes" });
        expect(slotsOf(found, 7)).toEqual(slotsOf(expected, 7));
        expect([...found.scores]).toEqual([...expected.scores]);
      }
    }
  });

  test("answers a zero query by id among others, and gives zero rows score 0", async () => {
    const index = createFlatIndex({ dimension: 2, compare: descending });
    index.add(0, Float32Array.of(0, 0, 1, 0, -1, 0));
    const found = await index.search(Float32Array.of(0, 0, 1, 0), { k: 3 });
    expect(hitsOf(found, 0).map(({ slot, score }) => [slot, score])).toEqual([
      [2, 0],
      [1, 0],
      [0, 0],
    ]);
    expect(slotsOf(found, 1)).toEqual([1, 0, 2]);
  });

  test("is answered by another thread where one ends meanwhile", async () => {
    const pool = createSearchPool({ size: 2 });
    const index = filled({ pool });
    const query = queriesOf(1);
    const expected = slotsOf(await index.search(query, { k: 10 }));
    const answers = Array.from({ length: 20 }, () => index.search(query, { k: 10 }));
    await Promise.all(pool.threads().map((thread) => thread.terminate()));
    for (const answer of await Promise.all(answers)) expect(slotsOf(answer)).toEqual(expected);
    expect(slotsOf(await index.search(query, { k: 10 }))).toEqual(expected);
    await pool.close();
  });

  test("is answered by the main thread where every thread ends at once", async () => {
    const missing = pathToFileURL(fileURLToPath(new URL("./no-such-worker.mjs", import.meta.url)));
    const pool = createSearchPool({ size: 2, module: missing });
    const found = await filled({ pool }).search(queriesOf(12), { k: 10 });
    expect([...found.scores]).toEqual([...(await filled().search(queriesOf(12), { k: 10 })).scores]);
    await pool.close();
  });
});

describe("a search without a proof", () => {
  test("misses at most one neighbour in a thousand", async () => {
    const index = filled();
    const queries = queriesOf(100);
    for (const k of [10, 100, 800]) {
      const [found, exact] = [
        await index.search(queries, { k, proof: false }),
        await index.search(queries, { k }),
      ];
      let hits = 0;
      for (let query = 0; query < 100; query++) {
        const last = hitsOf(exact, query).at(-1)?.score ?? 1;
        hits += hitsOf(found, query).filter(({ score }) => score >= last).length;
      }
      expect(hits / (100 * k)).toBeGreaterThanOrEqual(0.999);
    }
  });
});

describe("the pool of search threads", () => {
  beforeEach(onThreads);

  test("answers what was asked before it is closed, and starts again for what comes after", async () => {
    const pool = createSearchPool({ size: 2 });
    const index = filled({ pool });
    const query = queriesOf(1);
    const before = Array.from({ length: 6 }, () => index.search(query, { k: 10 }));
    await index.search(query, { k: 10 });
    const closed = pool.close();
    const during = index.search(query, { k: 10 });
    const answers = await Promise.all([...before, during]);
    await closed;
    answers.push(await index.search(query, { k: 10 }));
    expect(new Set(answers.map((answer) => slotsOf(answer).join())).size).toBe(1);
    await pool.close();
    expect(pool.threads()).toEqual([]);
  });

  test("keeps thousands of short jobs and their answers together", async () => {
    const pool = createSearchPool({ size: 2 });
    const index = filled({ pool });
    const queries = queriesOf(30);
    const one = (i: number): Float32Array => queries.slice(i * DIMENSION, (i + 1) * DIMENSION);
    const expected = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => slotsOf(await index.search(one(i), { k: 3 }))),
    );
    for (let round = 0; round < 100; round++) {
      const found = await Promise.all(
        Array.from({ length: 30 }, (_, i) => index.search(one((i * 7 + round) % 30), { k: 3 })),
      );
      found.forEach((answer, i) => expect(slotsOf(answer)).toEqual(expected[(i * 7 + round) % 30]));
    }
    await pool.close();
  });
});
