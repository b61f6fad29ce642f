import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hnswAvailable, requireGraphLibrary } from "../../src/retrieval/index.ts";
import { normals, seededRandom } from "../support/random.ts";

vi.mock("hnswlib-node", () => {
  throw new Error("it was not compiled");
});

const DIMENSION = 8;

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "anchorage-usearch-"))));
afterAll(() => rm(folder, { recursive: true }));

describe("a machine on which hnswlib-node was not compiled", () => {
  it("builds graphs with usearch", async () => {
    expect(await hnswAvailable()).toEqual({ available: true, reason: "" });
    expect((await requireGraphLibrary()).name).toBe("usearch");
  });

  it("finds what a filter allows, however few that are", async () => {
    const graph = (await requireGraphLibrary()).newGraph(DIMENSION);
    graph.initIndex({ maxElements: 10, m: 8, efConstruction: 50, randomSeed: 1 });
    fill(graph, 500);
    graph.setEf(5);
    const { neighbors, distances } = graph.searchKnn(vector(1), 4, (label) => label % 100 === 7);
    expect(neighbors.toSorted((a, b) => a - b)).toHaveLength(4);
    expect(neighbors.every((label) => label % 100 === 7)).toBe(true);
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  });

  it("reads a graph that it saved, and none of another dimension", async () => {
    const { newGraph } = await requireGraphLibrary();
    const graph = newGraph(DIMENSION);
    graph.initIndex({ maxElements: 10, m: 8, efConstruction: 50, randomSeed: 1 });
    fill(graph, 300);
    graph.setEf(50);
    const file = join(folder, "graph");
    graph.writeIndexSync(file);
    const read = newGraph(DIMENSION);
    await read.readIndex(file);
    read.setEf(50);
    expect(read.getCurrentCount()).toBe(300);
    expect(read.searchKnn(vector(3), 5)).toEqual(graph.searchKnn(vector(3), 5));
    expect(() => newGraph(DIMENSION + 1).readIndexSync(file)).toThrow(/dimension 8 in place of 9/);
  });
});

const fill = (graph: { addPoint(vector: number[], label: number): void }, count: number): void => {
  for (let label = 0; label < count; label++) graph.addPoint(vector(label), label);
};

const vector = (seed: number): number[] => {
  const values = Array.from(normals(DIMENSION, seededRandom(seed)));
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
};
