import { join } from "node:path";
import type { NeighbourGraph, GraphLibrary } from "../../../src/retrieval/neighbour-graph.ts";
import { building, bytesOf } from "./measure.ts";
import { DIMENSION, isTagged, split } from "./vectors.ts";

/** Another engine over the same rows, numbered from 0. */
export interface Peer {
  readonly name: string;
  readonly buildMs: number;
  /** Bytes that the process grew by, and of its files; undefined where there is none. */
  readonly memory: number;
  readonly disk: number | undefined;
  /** The row numbers found for each query of the batch. */
  readonly search: (queries: Float32Array, k: number, ef: number) => Promise<number[][]>;
  /** The same of the rows that `isTagged` holds for; absent where the engine has no filters. */
  readonly searchTagged?: (queries: Float32Array, k: number, ef: number) => Promise<number[][]>;
  /** Absent where the engine keeps nothing that could be removed from. */
  readonly remove?: (rows: readonly number[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The library of graphs as it is called without anything around it, on a graph that is built already. */
export const graphPeer = async (
  library: GraphLibrary["name"],
  graph: NeighbourGraph,
  built: { readonly buildMs: number; readonly memory: number },
  directory: string,
): Promise<Peer> => {
  const search = (queries: Float32Array, k: number, ef: number, filter?: (row: number) => boolean) => {
    graph.setEf(Math.max(ef, k));
    return Promise.resolve(
      split(queries).map((query) => [...graph.searchKnn(Array.from(query), k, filter).neighbors]),
    );
  };
  const file = join(directory, "hnswlib");
  graph.writeIndexSync(file);
  return {
    name: library === "hnswlib" ? "hnswlib-node" : library,
    ...built,
    disk: await bytesOf(file),
    search: (queries, k, ef) => search(queries, k, ef),
    searchTagged: (queries, k, ef) => search(queries, k, ef, isTagged),
    remove: (rows) => {
      for (const row of rows) graph.markDelete(row);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
};

/** The k greatest of all products, by a loop over plain arrays and a sort, as one would write it first. */
export const plainLoop = (rows: Float32Array): Peer => {
  const n = rows.length / DIMENSION;
  const search = (queries: Float32Array, k: number, keep: (row: number) => boolean) =>
    Promise.resolve(
      split(queries).map((query) => {
        const scores = new Float64Array(n);
        const found: number[] = [];
        for (let row = 0; row < n; row++) {
          if (!keep(row)) continue;
          let sum = 0;
          for (let i = 0, at = row * DIMENSION; i < DIMENSION; i++, at++)
            sum += (query[i] ?? 0) * (rows[at] ?? 0);
          scores[row] = sum;
          found.push(row);
        }
        return found.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, k);
      }),
    );
  return {
    name: "plain loop",
    buildMs: NaN,
    memory: NaN,
    disk: undefined,
    search: (queries, k) => search(queries, k, () => true),
    searchTagged: (queries, k) => search(queries, k, isTagged),
    close: () => Promise.resolve(),
  };
};

// What is used of the optional packages: they are not dependencies, so their types are not there.
interface Usearch {
  readonly Index: new (config: object) => {
    add: (keys: BigUint64Array, rows: Float32Array, threads: number) => void;
    search: (queries: Float32Array, k: number, threads: number) => { readonly keys: BigUint64Array };
    remove: (keys: BigUint64Array) => unknown;
    save: (path: string) => void;
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

interface Sqlite {
  readonly default: new (path: string) => {
    exec: (sql: string) => void;
    prepare: (sql: string) => {
      run: (...values: unknown[]) => void;
      all: (...values: unknown[]) => { rowid: number }[];
    };
    transaction: (work: () => void) => () => void;
    close: () => void;
  };
}

interface SqliteVec {
  readonly load: (database: object) => void;
}

const load = async <T>(name: string): Promise<T | undefined> => {
  try {
    return (await import(name)) as T;
  } catch {
    return undefined;
  }
};

/** Where `usearch` is installed: its graph of float32 rows, with as many links and candidates as ours. */
export const openUsearch = async (rows: Float32Array, directory: string): Promise<Peer | undefined> => {
  const library = await load<Usearch>("usearch");
  if (library === undefined) return undefined;
  const index = new library.Index({
    dimensions: DIMENSION,
    metric: "ip",
    quantization: "f32",
    connectivity: 24,
    expansion_add: 200,
    expansion_search: 512,
    multi: false,
  });
  const keys = BigUint64Array.from({ length: rows.length / DIMENSION }, (_, row) => BigInt(row));
  const { ms, memory } = await building(() => {
    index.add(keys, rows, 0);
  });
  const file = join(directory, "usearch");
  index.save(file);
  return {
    name: "usearch",
    buildMs: ms,
    memory,
    disk: await bytesOf(file),
    search: (queries, k) => {
      const flat = Array.from(index.search(queries, k, 0).keys, Number);
      return Promise.resolve(split(queries).map((_, i) => flat.slice(i * k, (i + 1) * k)));
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
export const openLance = async (rows: Float32Array, directory: string): Promise<Peer | undefined> => {
  const library = await load<Lance>("@lancedb/lancedb");
  if (library === undefined) return undefined;
  const place = join(directory, "lance");
  const database = await library.connect(place);
  const n = rows.length / DIMENSION;
  const some = (first: number): object[] =>
    split(rows.subarray(first * DIMENSION, Math.min(n, first + ADDED_AT_ONCE) * DIMENSION)).map((row, i) => ({
      id: first + i,
      tagged: isTagged(first + i) ? 1 : 0,
      vector: Array.from(row),
    }));
  const { made, ms, memory } = await building(async () => {
    const table = await database.createTable("rows", some(0));
    for (let first = ADDED_AT_ONCE; first < n; first += ADDED_AT_ONCE) await table.add(some(first));
    return table;
  });
  const search = (queries: Float32Array, k: number, narrow: (query: LanceQuery) => LanceQuery) =>
    Promise.all(
      split(queries).map(async (query) => {
        const asked = narrow(made.vectorSearch(query).distanceType("dot").select(["id", "_distance"]));
        return (await asked.limit(k).toArray()).map(({ id }) => id);
      }),
    );
  return {
    name: "lancedb",
    buildMs: ms,
    memory,
    disk: await bytesOf(place),
    search: (queries, k) => search(queries, k, (query) => query),
    searchTagged: (queries, k) => search(queries, k, (query) => query.where("tagged = 1")),
    remove: async (gone) => {
      await made.delete(`id IN (${gone.join(", ")})`);
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
};

/** Where `sqlite-vec` and `better-sqlite3` are installed: its flat scan, which is exact, over a file. */
export const openSqliteVec = async (rows: Float32Array, directory: string): Promise<Peer | undefined> => {
  const [sqlite, vectors] = [await load<Sqlite>("better-sqlite3"), await load<SqliteVec>("sqlite-vec")];
  if (sqlite === undefined || vectors === undefined) return undefined;
  const file = join(directory, "sqlite");
  const database = new sqlite.default(file);
  vectors.load(database);
  database.exec(
    `CREATE VIRTUAL TABLE rows USING vec0(tagged INTEGER, vector FLOAT[${DIMENSION}] distance_metric=cosine)`,
  );
  const insert = database.prepare("INSERT INTO rows (rowid, tagged, vector) VALUES (?, ?, ?)");
  const { ms, memory } = await building(
    database.transaction(() => {
      split(rows).forEach((row, i) => {
        insert.run(BigInt(i), BigInt(isTagged(i) ? 1 : 0), row);
      });
    }),
  );
  const search = (queries: Float32Array, k: number, where: string) => {
    const statement = database.prepare(`SELECT rowid FROM rows WHERE vector MATCH ? AND k = ?${where}`);
    return Promise.resolve(split(queries).map((query) => statement.all(query, k).map(({ rowid }) => rowid)));
  };
  return {
    name: "sqlite-vec",
    buildMs: ms,
    memory,
    disk: await bytesOf(file),
    search: (queries, k) => search(queries, k, ""),
    searchTagged: (queries, k) => search(queries, k, " AND tagged = 1"),
    remove: (gone) => {
      const remove = database.prepare("DELETE FROM rows WHERE rowid = ?");
      database.transaction(() => {
        for (const row of gone) remove.run(row);
      })();
      return Promise.resolve();
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
};
