import { createSlices } from "../../math/slices.ts";
import type { Ranked } from "../codes/best-rows.ts";
import type { RowScorer, RowsHandle } from "../codes/rows.ts";
import { searchPool, type SearchPool } from "../codes/search-pool.ts";
import { settle } from "../codes/settle.ts";
import { MAIN_MS } from "../costs.ts";
import { emptyNeighbours } from "../top-k.ts";
import { sharedBytes } from "../unit-rows.ts";
import { searchLists, type ListPart, type ListsRanked } from "./list-part.ts";
import type { Neighbours, Slot } from "../types.ts";
import { buildLists } from "./build-lists.ts";
import { codeInOrder, rowsOfSegment } from "./coded-segment.ts";
import type { PartitionCurve } from "./partition-curve.ts";
import { createListSearcher, type ListSearcher } from "./list-search.ts";
import { arrangeRows, createListedRows, type ListCentroids, type ListedRows } from "./listed-rows.ts";

/** Rows that are added between two looks at the clock; finding the nearest centroid takes the time. */
const ROWS_A_TURN = 32;
/** Lists are built anew when so many rows were added, as a share of those that they were built of. */
const GROWTH = 0.5;

/** What a search through lists found and read. */
export interface ListFindings {
  readonly neighbours: Neighbours;
  /** Rows and lists that were read on average. */
  readonly rows: number;
  readonly lists: number;
}

export interface PartitionSearch extends Omit<ListPart, "queries"> {
  /** How long it should take: long searches are done on other threads. Default: on this one. */
  readonly ms?: number;
}

/** Lists that were built before: their centroids, and the list of each slot, -1 where it is to be found. */
export interface SavedLists extends ListCentroids {
  readonly listOf: Int32Array;
  /** Number of rows that the centroids were built of. */
  readonly builtOn: number;
}

/** Rows grouped around centroids, of which a search reads the lists nearest to the query. */
export interface PartitionIndex {
  readonly dimension: number;
  /** Appends the slots from `first` on, whose vectors `row` returns. */
  readonly add: (first: Slot, count: number) => void;
  /** Whether all added rows are in lists. */
  readonly isReady: () => boolean;
  /** Resolves when they are, or when that failed. */
  readonly ready: () => Promise<void>;
  /** Number of lists and of rows in them, and the share of a build that is done; 0 lists before the first build. */
  readonly contents: () => { readonly lists: number; readonly rows: number; readonly done: number };
  /** @throws RangeError before the first build is done */
  readonly search: (queries: Float32Array, options: PartitionSearch) => Promise<ListFindings>;
  /** How many times the lists were built here. */
  readonly builds: () => number;
  readonly isClosed: () => boolean;
  /** The recall that was measured before the lists were saved. */
  readonly savedCurve: PartitionCurve | null;
  /** Builds the lists anew in the background; the present ones answer meanwhile. */
  readonly rebuild: () => void;
  /** The lists as they are; undefined before the first build is done. */
  readonly saved: (slotCount: number) => SavedLists | undefined;
  readonly close: () => void;
}

export interface PartitionOptions {
  readonly dimension: number;
  readonly compare: (a: Slot, b: Slot) => number;
  /** The vector of a slot, of norm 1 (or 0). */
  readonly row: (slot: Slot) => Float32Array;
  /** Scores rows in float32 on this thread, and hands them to others. */
  readonly rows: RowScorer & { readonly handle: () => RowsHandle };
  /** Slots that need not be found any more are left out of a build. */
  readonly isLive: (slot: Slot) => boolean;
  readonly saved?: SavedLists | undefined;
  /** The measured recall of the saved lists. */
  readonly curve?: PartitionCurve | null | undefined;
  /** Number of threads that build; default: as many as can compute at a time. */
  readonly threads?: number | undefined;
  readonly onFailure: (error: unknown) => void;
  /** The threads that search; default: those of the process. */
  readonly pool?: SearchPool;
}

interface Built {
  readonly listed: ListedRows;
  readonly searcher: ListSearcher;
  readonly builtOn: number;
  /** Slots below it are in lists, or were dead at the build. */
  upTo: Slot;
  /** Rows that were added since the build. */
  grown: number;
}

/**
 * An inverted file over 7-bit codes (Jégou et al., "Product quantization for nearest neighbor search", 2011, section IV,
 * without the product quantiser). Rows are grouped in the background on threads of their own. The nearest by codes are scored
 * again in float32.
 */
export const createPartitionIndex = (options: PartitionOptions): PartitionIndex => {
  const { dimension: d, compare, row, rows, isLive, onFailure, pool = searchPool() } = options;
  const stop = new AbortController();
  let added: Slot = 0;
  let built: Built | undefined;
  let working: Promise<void> | undefined;
  let wanted = options.saved === undefined;
  let failed = false;
  let done = 0;
  let builds = 0;

  const opened = (listed: ListedRows, builtOn: number, upTo: Slot): Built => {
    const searcher = createListSearcher({ ...listed, thread: 0 });
    return { listed, searcher, builtOn, upTo, grown: 0 };
  };

  const build = async (): Promise<void> => {
    wanted = false;
    const upTo = added;
    const { segment, count } = await codeInOrder(upTo, { dimension: d, row, isLive }, stop.signal);
    const onProgress = (read: number, total: number): void => {
      done = read / total;
    };
    const { signal } = stop;
    const lists = await buildLists(rowsOfSegment(segment, count), {
      ...{ signal, onProgress },
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
    const before = built;
    built = opened(await arrangeRows(segment, lists, stop.signal), count, upTo);
    if (before !== undefined) pool.forget(before.listed.handle);
    builds++;
  };

  /** Adds the rows that are in no list yet. */
  const addRows = async (target: Built, known?: Int32Array): Promise<void> => {
    const { listed, searcher } = target;
    const slices = createSlices();
    for (; target.upTo < added; target.upTo++) {
      if (isLive(target.upTo)) {
        const vector = row(target.upTo);
        const list = known?.[target.upTo] ?? -1;
        listed.add(list < 0 ? searcher.nearest(vector) : list, target.upTo, vector, 0);
        if (list < 0) target.grown++;
      }
      if (target.upTo % ROWS_A_TURN !== 0 || !slices.due()) continue;
      await slices.rest();
      stop.signal.throwIfAborted();
    }
  };

  const work = async (): Promise<void> => {
    if (built === undefined && options.saved !== undefined) {
      const { builtOn, listOf, ...lists } = options.saved;
      const reopened = opened(await createListedRows(lists, stop.signal), builtOn, 0);
      await addRows(reopened, listOf);
      built = reopened;
    }
    while (wanted || built === undefined || built.upTo < added) {
      if (built === undefined) await build();
      else if (wanted) await buildAnew(built);
      else await addRows(built);
      if (built !== undefined && built.grown > GROWTH * built.builtOn) wanted = true;
    }
  };

  /** Where that fails, the present lists go on answering. */
  const buildAnew = async (present: Built): Promise<void> => {
    try {
      await build();
    } catch (error) {
      if (stop.signal.aborted) throw error;
      present.grown = 0;
      onFailure(error);
    }
  };

  const start = (): void => {
    working ??= work()
      .catch((error: unknown) => {
        failed = true;
        if (!stop.signal.aborted) onFailure(error);
      })
      .finally(() => {
        working = undefined;
        if (!failed && built !== undefined && built.upTo < added) start();
      });
  };

  const searchHere = async (present: Built, part: ListPart): Promise<ListsRanked> => {
    const slices = createSlices();
    const found: Ranked[] = [];
    let [read, lists] = [0, 0];
    for (let at = 0; at < part.queries.length; at += d) {
      if (slices.due()) await slices.rest();
      const one = searchLists(present.searcher, rows, {
        ...part,
        queries: part.queries.subarray(at, at + d),
      });
      found.push(...one.found);
      read += one.rows;
      lists += one.lists;
    }
    return { found, rows: read, lists };
  };

  /** Searches on the threads of the pool, as many queries on each; here where it has none. */
  const searchThere = async (present: Built, part: ListPart): Promise<ListsRanked> => {
    const batch = part.queries.length / d;
    const pieces = Math.min(pool.size, batch);
    const shared = { ...part, allow: sharedBytes(part.allow) };
    const on = { segment: present.listed.handle, rows: rows.handle() };
    const all = await Promise.all(
      Array.from({ length: pieces }, async (_, i) => {
        const [from, to] = [Math.floor((i * batch) / pieces), Math.floor(((i + 1) * batch) / pieces)];
        const some = { ...shared, queries: part.queries.slice(from * d, to * d) };
        return (await pool.run("lists", on, some)) ?? searchHere(present, some);
      }),
    );
    return {
      found: all.flatMap(({ found }) => found),
      rows: all.reduce((sum, one) => sum + one.rows, 0),
      lists: all.reduce((sum, one) => sum + one.lists, 0),
    };
  };

  const search: PartitionIndex["search"] = async (queries, { ms = 0, ...asked }) => {
    if (built === undefined) throw new RangeError("the lists are not built yet");
    const part = { ...asked, queries };
    const { found, rows: read, lists } = await (ms < MAIN_MS ? searchHere : searchThere)(built, part);
    const batch = queries.length / d;
    const neighbours = emptyNeighbours(batch, asked.k);
    for (const [i, ranked] of found.entries()) await settle([ranked], compare, neighbours, i);
    return { neighbours, rows: read / batch, lists: lists / batch };
  };

  return {
    dimension: d,
    add: (first, count) => {
      if (first !== added) throw new RangeError(`slot ${first} does not follow ${added - 1}`);
      added += count;
      start();
    },
    isReady: () => !failed && built?.upTo === added,
    ready: async () => {
      while (working !== undefined) await working;
    },
    contents: () => {
      const counts = built?.listed.chains.counts ?? new Int32Array(0);
      return { lists: counts.length, rows: counts.reduce((sum, count) => sum + count, 0), done };
    },
    search,
    builds: () => builds,
    isClosed: () => stop.signal.aborted,
    savedCurve: options.curve ?? null,
    rebuild: () => {
      wanted = true;
      start();
    },
    saved: (slotCount) => {
      if (built === undefined) return undefined;
      const { listed, builtOn } = built;
      const { centroidRows: centroids, alignment, chains } = listed;
      const { lists } = chains;
      return { dimension: d, lists, centroids, alignment, listOf: listed.listOf(slotCount), builtOn };
    },
    close: () => {
      stop.abort(new Error("the partitions are closed"));
      if (built !== undefined) pool.forget(built.listed.handle);
    },
  };
};
