import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  closeKernels,
  curveFile,
  DEFAULT_COSTS,
  measureRecall,
  pointFor,
  readCurves,
  readProfile,
  requireGraphSettings,
  unitRows,
  writeCurves,
  type Neighbours,
} from "../../src/retrieval/index.ts";
import { normals, seededRandom } from "../support/random.ts";
import { ascending, openExact, range } from "./indexes.ts";

afterAll(closeKernels);

const [DIMENSION, COUNT] = [16, 400];
const vectors = unitRows(normals(COUNT * DIMENSION, seededRandom(3)), DIMENSION);
const rows = range(0, COUNT).map((i) => vectors.subarray(i * DIMENSION, (i + 1) * DIMENSION));
const profile = requireGraphSettings(readProfile("hnsw"));

/** An exact search that forgets what `forgets` says, by the place in the answer. */
const measure = async (forgets: (place: number, k: number, ef: number) => boolean) => {
  const { index, add } = openExact(DIMENSION, ascending);
  await add(rows);
  const forgetting = (found: Neighbours, k: number, ef: number): Neighbours => {
    const kept = range(0, found.width).filter((place) => !forgets(place, k, ef));
    return {
      width: found.width,
      counts: Int32Array.of(kept.length),
      slots: Int32Array.from(kept, (place) => found.slots[place] ?? -1),
      scores: Float32Array.from(kept, (place) => found.scores[place] ?? 0),
    };
  };
  return measureRecall(
    {
      dimension: DIMENSION,
      row: (slot) => rows[slot] ?? new Float32Array(DIMENSION),
      slots: range(0, COUNT),
      exact: (query, k) => index.search(query, { k }),
      approximate: async (query, k, ef) => forgetting(await index.search(query, { k }), k, ef),
    },
    { profile, costs: DEFAULT_COSTS, all: true },
  );
};

describe("the file of a collection's curves", () => {
  test("gives back what was written, but not to a later collection of the same name, nor where it is broken", async () => {
    const directory = await mkdtemp(join(tmpdir(), "curves-"));
    const file = curveFile(join(directory, "indexes"), "birds");
    const created = { createdAt: new Date(1_700_000_000_000), encoders: { image: "a", text: "b" } };
    expect(await readCurves(file, created)).toEqual(new Map());
    const curves = new Map([["image/none", await measure(() => false)]]);
    await writeCurves(file, created, curves);
    expect(await readCurves(file, created)).toEqual(curves);
    expect(await readCurves(file, { ...created, createdAt: new Date() })).toEqual(new Map());
    const moved = { ...created, encoders: { image: "c", text: "b" } };
    expect(await readCurves(file, moved)).toEqual(new Map());
    await writeFile(file, "{");
    expect(await readCurves(file, created)).toEqual(new Map());
    await rm(directory, { recursive: true });
  });
});

describe("the recall of a graph", () => {
  test("is the share of the exact answer that it finds", async () => {
    const { points, ...about } = await measure((place) => place % 2 === 0);
    expect(about).toEqual({ dimension: DIMENSION, anchors: COUNT, m: 24, efConstruction: 200 });
    expect(points.map(({ k }) => k)).toEqual([...range(0, 7).map(() => 10), ...range(0, 5).map(() => 100)]);
    for (const { recall, error } of points) {
      expect(recall).toBe(0.5);
      expect(error).toBeCloseTo(0, 12);
    }
  });

  test("is measured with growing ef until it is whole, and only for k below the number of anchors", async () => {
    const { points } = await measure((place, _, ef) => ef < 64 && place === 1);
    expect(points.map(({ k, ef, recall }) => [k, ef, recall])).toEqual([
      [10, 16, 0.9],
      [10, 32, 0.9],
      [10, 64, 1],
      [100, 100, 1],
    ]);
  });

  test("is not measured by stored vectors themselves, though each of them stands twice", async () => {
    const { index, add } = openExact(DIMENSION, ascending);
    await add([...rows, ...rows]);
    const nearest: number[] = [];
    await measureRecall(
      {
        dimension: DIMENSION,
        row: (slot) => rows[slot % COUNT] ?? new Float32Array(DIMENSION),
        slots: range(0, 2 * COUNT),
        exact: (query, k) => index.search(query, { k }),
        approximate: async (query, k) => {
          const found = await index.search(query, { k });
          nearest.push(found.scores[0] ?? 1);
          return found;
        },
      },
      { profile, costs: DEFAULT_COSTS },
    );
    expect(nearest.length).toBeGreaterThan(0);
    expect(Math.max(...nearest)).toBeLessThan(0.999);
  });

  test("sets the ef of a search: the smallest at which it is reached, for the next k that was measured", async () => {
    const curve = await measure((place, _, ef) => ef < 64 && place === 1);
    expect(pointFor(curve, 5, 0.99)?.ef).toBe(64);
    expect(pointFor(curve, 5, 0.9)?.ef).toBe(16);
    expect(pointFor(curve, 11, 0.99)?.ef).toBe(100);
    expect(pointFor(curve, 101, 0.99)).toBeUndefined();
  });
});
