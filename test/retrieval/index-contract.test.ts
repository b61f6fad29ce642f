import { afterAll, describe, expect, test } from "vitest";
import { closeKernels, unitRows } from "../../src/retrieval/index.ts";
import { naiveNearest } from "../support/naive-index.ts";
import { normals, seededRandom } from "../support/random.ts";
import { ascending, descending, fan, flat, hitsOf, INDEXES, range, slotsOf, unit } from "./indexes.ts";

afterAll(closeKernels);

for (const { name, kind, open } of INDEXES) {
  describe(`the ${name} index`, () => {
    test("finds the most similar vectors, best first, with their inner products", async () => {
      const { index, add } = open(3, ascending);
      await add([unit(1, 0, 0), unit(0, 1, 0), unit(3, 4, 0), unit(-1, 0, 0)]);
      const found = hitsOf(await index.search(unit(1, 0, 0), { k: 3 }));
      expect(found.map(({ slot }) => slot)).toEqual([0, 2, 1]);
      [1, 0.6, 0].forEach((score, i) => expect(found[i]?.score).toBeCloseTo(score, 6));
      expect(index).toMatchObject({ kind, dimension: 3 });
      expect(index.size()).toBe(4);
    });

    test("answers each query of a batch in a row of its own", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(50));
      const neighbours = await index.search(flat([unit(1, 0), unit(-1, 0.01), unit(0, 1)]), { k: 2 });
      expect(neighbours.width).toBe(2);
      expect(slotsOf(neighbours, 0)).toEqual([0, 1]);
      expect(slotsOf(neighbours, 1)).toEqual([49, 48]);
      expect(slotsOf(neighbours, 2)[0]).toBe(25);
    });

    test("finds nothing while it is empty", async () => {
      const { index } = open(2, ascending);
      const neighbours = await index.search(flat([unit(1, 0), unit(0, 1)]), { k: 5 });
      expect([...neighbours.counts]).toEqual([0, 0]);
      expect(index.size()).toBe(0);
    });

    test("gives all there are where k is more", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(7));
      expect(slotsOf(await index.search(unit(1, 0), { k: 1_000 }))).toEqual(range(0, 7));
    });

    test("orders equal similarities as it was told, also where they reach past k", async () => {
      for (const compare of [ascending, descending]) {
        const { index, add } = open(4, compare);
        await add([unit(0, 0, 1, 0), ...range(0, 120).map(() => unit(1, 2, 3, 4)), unit(4, 3, 2, 1)]);
        const equal = range(1, 121).sort(compare);
        const query = unit(1, 2, 3, 4);
        expect(slotsOf(await index.search(query, { k: 5 }))).toEqual(equal.slice(0, 5));
        expect(slotsOf(await index.search(query, { k: 119 }))).toEqual(equal.slice(0, 119));
        expect(slotsOf(await index.search(query, { k: 122 })).slice(0, 120)).toEqual(equal);
      }
    });

    test("hides what was removed, and counts it no more", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(40));
      index.remove([0, 2, 39]);
      index.remove([2]);
      expect(index.size()).toBe(37);
      expect(slotsOf(await index.search(unit(1, 0), { k: 3 }))).toEqual([1, 3, 4]);
      expect(slotsOf(await index.search(unit(1, 0), { k: 40 }))).toHaveLength(37);
    });

    test("finds nothing once everything is removed", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(10));
      index.remove(range(0, 10));
      expect([...(await index.search(unit(1, 0), { k: 3 })).counts]).toEqual([0]);
    });

    test("finds the vector that replaced another, and not the one that it replaced", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(20));
      await add([unit(-1, 0)]);
      index.remove([0]);
      expect(slotsOf(await index.search(unit(1, 0), { k: 1 }))).toEqual([1]);
      expect(slotsOf(await index.search(unit(-1, 0), { k: 2 }))).toEqual([20, 19]);
      expect(index.size()).toBe(20);
    });

    test("gives the same answer to the same question, and however the vectors came in", async () => {
      const [dimension, count] = [24, 1_500];
      const random = seededRandom(3);
      const vectors = unitRows(normals(count * dimension, random), dimension);
      const rows = range(0, count).map((i) => vectors.subarray(i * dimension, (i + 1) * dimension));
      const queries = unitRows(normals(10 * dimension, random), dimension);
      const answers: unknown[] = [];
      for (const step of [count, 7]) {
        const { index, add } = open(dimension, ascending);
        for (let first = 0; first < count; first += step) await add(rows.slice(first, first + step));
        answers.push(await index.search(queries, { k: 30 }), await index.search(queries, { k: 30 }));
      }
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    test("finds nearly all of the true neighbours among vectors without structure", async () => {
      const [dimension, count, k] = [16, 2_000, 10];
      const random = seededRandom(5);
      const vectors = unitRows(normals(count * dimension, random), dimension);
      const rows = range(0, count).map((i) => vectors.subarray(i * dimension, (i + 1) * dimension));
      const { index, add } = open(dimension, ascending);
      await add(rows);
      const queries = unitRows(normals(20 * dimension, random), dimension);
      const neighbours = await index.search(queries, { k });
      let found = 0;
      for (const query of range(0, 20)) {
        const vector = queries.subarray(query * dimension, (query + 1) * dimension);
        const expected = naiveNearest(rows, vector, { k, allowed: () => true, compare: ascending });
        const slots = slotsOf(neighbours, query);
        found += expected.filter(({ slot }) => slots.includes(slot)).length;
      }
      expect(found / (20 * k)).toBeGreaterThanOrEqual(name === "exact" ? 1 : 0.98);
    });

    test("finds what came later as it finds what came first, however far it has grown", async () => {
      const { index, add } = open(2, ascending);
      const all = fan(1_300);
      for (const [from, to] of [
        [0, 1],
        [1, 255],
        [255, 257],
        [257, 1_100],
        [1_100, 1_300],
      ] as const) {
        await add(all.slice(from, to));
        const last = all[to - 1] ?? unit(1, 0);
        expect(slotsOf(await index.search(last, { k: 2 }))).toEqual(to === 1 ? [0] : [to - 1, to - 2]);
        expect(index.size()).toBe(to);
      }
      expect(slotsOf(await index.search(unit(1, 0), { k: 300 }))).toEqual(range(0, 300));
    });

    test("finds only what a filter lets through, be it nothing, one, some or all", async () => {
      const { index, add } = open(2, ascending);
      const count = 600;
      await add(fan(count));
      for (const keep of [0, 1, 5, 60, 300, 599, count]) {
        const allow = new Uint8Array(count);
        const chosen = range(0, keep).map((i) => Math.floor((i * count) / keep));
        for (const slot of chosen) allow[slot] = 1;
        const found = slotsOf(await index.search(unit(1, 0), { k: 20, allow }));
        expect(found).toEqual(chosen.slice(0, 20));
      }
    });

    test("finds everything equally far from a query without direction", async () => {
      const { index, add } = open(2, descending);
      await add(fan(30));
      const found = hitsOf(await index.search(new Float32Array(2), { k: 30 }));
      expect(found.map(({ slot }) => slot)).toEqual(range(0, 30).reverse());
      expect(found.every(({ score }) => score === 0)).toBe(true);
    });

    test("refuses vectors that do not follow the last slot", async () => {
      const { index, add } = open(2, ascending);
      await add(fan(3));
      expect(() => index.add(2, unit(1, 0))).toThrow(RangeError);
      expect(() => index.add(4, unit(1, 0))).toThrow(RangeError);
      index.close();
    });
  });
}
