import {
  createFlatIndex,
  createHnswIndex,
  loadGraphLibrary,
  readProfile,
  requireGraphSettings,
  unitRows,
  type Neighbours,
  type VectorIndex,
} from "../../src/retrieval/index.ts";
import { loadUsearch } from "../../src/retrieval/graph-library.ts";
import type { NaiveHit } from "../support/naive-index.ts";

/** An index under test, and the moment from which it finds what was added. */
export interface Opened {
  readonly index: VectorIndex;
  readonly add: (rows: readonly ArrayLike<number>[]) => Promise<void>;
}

export type Compare = (a: number, b: number) => number;

export const ascending: Compare = (a, b) => a - b;
export const descending: Compare = (a, b) => b - a;

export const openExact = (dimension: number, compare: Compare): Opened => {
  const index = createFlatIndex({ dimension, compare });
  return addingTo(index, () => Promise.resolve());
};

const addingTo = (index: VectorIndex, settled: () => Promise<void>): Opened => {
  let next = 0;
  return {
    index,
    add: async (rows) => {
      index.add(next, flat(rows));
      next += rows.length;
      await settled();
    },
  };
};

const graphLibrary = await loadGraphLibrary();
const usearch = await loadUsearch();

const openHnsw = (library: NonNullable<typeof graphLibrary>) => (dimension: number, compare: Compare) => {
  const stored: Float32Array[] = [];
  const index = createHnswIndex(library, {
    dimension,
    compare,
    row: (slot) => stored[slot] ?? new Float32Array(dimension),
    profile: requireGraphSettings(readProfile("hnsw")),
  });
  const { add } = addingTo(index, () => index.ready());
  return {
    index,
    add: (rows: readonly ArrayLike<number>[]) => {
      for (const row of rows) stored.push(Float32Array.from(row));
      return add(rows);
    },
  };
};

export const INDEXES: readonly {
  name: string;
  kind: "exact" | "hnsw";
  open: (dimension: number, compare: Compare) => Opened;
}[] = [
  { name: "exact", kind: "exact", open: openExact },
  ...(graphLibrary === undefined
    ? []
    : [{ name: "hnsw", kind: "hnsw" as const, open: openHnsw(graphLibrary) }]),
  ...(usearch === undefined
    ? []
    : [{ name: "hnsw by usearch", kind: "hnsw" as const, open: openHnsw(usearch) }]),
];

export const flat = (rows: readonly ArrayLike<number>[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => Array.from(row)));

export const hitsOf = (neighbours: Neighbours, row = 0): NaiveHit[] => {
  const { counts, width, slots, scores } = neighbours;
  return Array.from({ length: counts[row] ?? 0 }, (_, i) => ({
    slot: slots[row * width + i] ?? -1,
    score: scores[row * width + i] ?? NaN,
  }));
};

export const slotsOf = (neighbours: Neighbours, row = 0): number[] =>
  hitsOf(neighbours, row).map(({ slot }) => slot);

export const unit = (...numbers: number[]): Float32Array =>
  unitRows(Float32Array.from(numbers), numbers.length);

/** Unit vectors at growing angles to the first axis: slot order is the order of similarity to it. */
export const fan = (count: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = (Math.PI * i) / count;
    return Float32Array.of(Math.cos(angle), Math.sin(angle));
  });

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
