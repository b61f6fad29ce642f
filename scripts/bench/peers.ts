import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HierarchicalNSW } from "hnswlib-node";

/** Another engine over the same rows, numbered from 0. */
export interface Peer {
  readonly name: string;
  readonly buildMs: number;
  /** The row numbers found for each query of the batch. */
  readonly search: (queries: Float32Array, k: number, ef: number) => Promise<number[][]>;
  /** The same of the rows that `isTagged` holds for; absent where the engine has no filters. */
  readonly searchTagged?: (queries: Float32Array, k: number, ef: number) => Promise<number[][]>;
  readonly remove: (rows: readonly number[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** One row in a hundred. */
export const isTagged = (row: number): boolean => row % 100 === 7;

const split = (queries: Float32Array, d: number): Float32Array[] =>
  Array.from({ length: queries.length / d }, (_, i) => queries.subarray(i * d, (i + 1) * d));

/** hnswlib-node as it is called without anything around it, on a graph that is built already. */
export const hnswlibPeer = (graph: HierarchicalNSW, d: number, buildMs: number): Peer => {
  const search = (queries: Float32Array, k: number, ef: number, filter?: (row: number) => boolean) => {
    graph.setEf(Math.max(ef, k));
    return Promise.resolve(
      split(queries, d).map((query) => graph.searchKnn(Array.from(query), k, filter).neighbors),
    );
  };
  return {
    name: "hnswlib-node",
    buildMs,
    search: (queries, k, ef) => search(queries, k, ef),
    searchTagged: (queries, k, ef) => search(queries, k, ef, isTagged),
    remove: (rows) => {
      for (const row of rows) graph.markDelete(row);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
};

// What is used of the optional packages: they are not dependencies, so their types are not there.
interface Usearch {
  readonly Index: new (config: object) => {
    add: (keys: BigUint64Array, rows: Float32Array, threads: number) => void;
    search: (queries: Float32Array, k: number, threads: number) => { readonly keys: BigUint64Array };
    remove: (keys: BigUint64Array) => unknown;
  };
}

interface LanceQuery {
  where: (condition: string) => LanceQuery;
  select: (columns: string[]) => LanceQuery;
  distanceType: (type: string) => LanceQuery;
  limit: (k: number) => LanceQuery;
  toArray: () => Promise<{ id: number }[]>;
}

interface Lance {
  readonly connect: (path: string) => Promise<{
    createTable: (name: string, rows: object[]) => Promise<LanceTable>;
    close: () => void;
  }>;
}

interface LanceTable {
  add: (rows: object[]) => Promise<unknown>;
  vectorSearch: (query: Float32Array) => LanceQuery;
  delete: (condition: string) => Promise<unknown>;
}

const load = async <T>(name: string): Promise<T | undefined> => {
  try {
    return (await import(name)) as T;
  } catch {
    return undefined;
  }
};

/** Where `usearch` is installed: its graph of float32 rows, with as many links and candidates as ours. */
export const openUsearch = async (rows: Float32Array, d: number): Promise<Peer | undefined> => {
  const library = await load<Usearch>("usearch");
  if (library === undefined) return undefined;
  const index = new library.Index({
    dimensions: d,
    metric: "ip",
    quantization: "f32",
    connectivity: 24,
    expansion_add: 200,
    expansion_search: 512,
    multi: false,
  });
  const keys = BigUint64Array.from({ length: rows.length / d }, (_, row) => BigInt(row));
  const start = performance.now();
  index.add(keys, rows, 0);
  return {
    name: "usearch",
    buildMs: performance.now() - start,
    search: (queries, k) => {
      const flat = Array.from(index.search(queries, k, 0).keys, Number);
      return Promise.resolve(split(queries, d).map((_, i) => flat.slice(i * k, (i + 1) * k)));
    },
    remove: (gone) => {
      index.remove(BigUint64Array.from(gone, BigInt));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
};

const ADDED_AT_ONCE = 5_000;

/** Where `@lancedb/lancedb` is installed: its flat scan, which is exact. */
export const openLance = async (rows: Float32Array, d: number): Promise<Peer | undefined> => {
  const library = await load<Lance>("@lancedb/lancedb");
  if (library === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "lance-"));
  const database = await library.connect(directory);
  const some = (first: number): object[] =>
    Array.from({ length: Math.min(ADDED_AT_ONCE, rows.length / d - first) }, (_, i) => ({
      id: first + i,
      tagged: isTagged(first + i) ? 1 : 0,
      vector: Array.from(rows.subarray((first + i) * d, (first + i + 1) * d)),
    }));
  const start = performance.now();
  const table = await database.createTable("rows", some(0));
  for (let first = ADDED_AT_ONCE; first < rows.length / d; first += ADDED_AT_ONCE) {
    await table.add(some(first));
  }
  const buildMs = performance.now() - start;
  const search = (queries: Float32Array, k: number, narrow: (query: LanceQuery) => LanceQuery) =>
    Promise.all(
      split(queries, d).map(async (query) => {
        const asked = narrow(table.vectorSearch(query).distanceType("dot").select(["id", "_distance"]));
        return (await asked.limit(k).toArray()).map(({ id }) => id);
      }),
    );
  return {
    name: "lancedb",
    buildMs,
    search: (queries, k) => search(queries, k, (query) => query),
    searchTagged: (queries, k) => search(queries, k, (query) => query.where("tagged = 1")),
    remove: async (gone) => {
      await table.delete(`id IN (${gone.join(", ")})`);
    },
    close: async () => {
      database.close();
      await rm(directory, { recursive: true });
    },
  };
};
