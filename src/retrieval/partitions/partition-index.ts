import { createSlices } from "../../math/slices.ts";
import { createTopK, emptyNeighbours } from "../top-k.ts";
import type { Neighbours, Slot } from "../types.ts";
import { buildLists } from "./build-lists.ts";
import { codeInOrder, rowsOfSegment } from "./coded-segment.ts";
import { EFFORTS } from "./efforts.ts";
import type { PartitionCurve } from "./partition-curve.ts";
import { createListSearcher, type ListSearcher } from "./list-search.ts";
import { arrangeRows, createListedRows, type ListCentroids, type ListedRows } from "./listed-rows.ts";

/** Rows that are added between two looks at the clock; finding the nearest centroid takes the time. */
const ROWS_A_TURN = 32;
/** Lists are built anew when so many rows were added, as a share of those that they were built of. */
const GROWTH = 0.5;
/** Candidates beside k that are scored in float32, because codes are inexact. */
const spareFor = (k: number): number => Math.max(16, Math.floor(k / 8));

/** What a search through lists found and read. */
export interface ListFindings {
  readonly neighbours: Neighbours;
  /** Rows and lists that were read on average. */
  readonly rows: number;
  readonly lists: number;
}

export interface PartitionSearch {
  readonly k: number;
  /** Number in {@link EFFORTS}. */
  readonly effort: number;
  /** One byte for each slot: 1 if it may be found. */
  readonly allow: Uint8Array;
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
  /** Writes the inner products of a query with the rows of `count` slots, in float32. */
  readonly score: (query: Float32Array, slots: Int32Array, count: number, scores: Float32Array) => void;
  /** Slots that need not be found any more are left out of a build. */
  readonly isLive: (slot: Slot) => boolean;
  readonly saved?: SavedLists | undefined;
  /** The measured recall of the saved lists. */
  readonly curve?: PartitionCurve | null | undefined;
  /** Number of threads that build; default: as many as can compute at a time. */
  readonly threads?: number | undefined;
  readonly onFailure: (error: unknown) => void;
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
  const { dimension: d, compare, row, score, isLive, onFailure } = options;
  const stop = new AbortController();
  let added: Slot = 0;
  let built: Built | undefined;
  let working: Promise<void> | undefined;
  let wanted = options.saved === undefined;
  let failed = false;
  let done = 0;
  let builds = 0;

  const opened = (listed: ListedRows, builtOn: number, upTo: Slot): Built => {
    const { rows, centroids, chains, alignment, spread } = listed;
    const searcher = createListSearcher({ rows, centroids, chains, alignment, spread, thread: 0 });
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
    built = opened(await arrangeRows(segment, lists, stop.signal), count, upTo);
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
      const reopened = opened(createListedRows(lists), builtOn, 0);
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

  const search: PartitionIndex["search"] = async (queries, { k, effort, allow }) => {
    if (built === undefined) throw new RangeError("the lists are not built yet");
    const { searcher } = built;
    const batch = queries.length / d;
    const result = emptyNeighbours(batch, k);
    const slices = createSlices();
    let [rows, lists] = [0, 0];
    const chosen = EFFORTS[effort];
    if (chosen === undefined) throw new RangeError(`there is no effort ${effort}`);
    for (let i = 0; i < batch; i++) {
      if (slices.due()) await slices.rest();
      const query = queries.subarray(i * d, (i + 1) * d);
      const found = searcher.search(query, { wanted: k + spareFor(k), effort: chosen, allow });
      const { slots } = found;
      const scores = new Float32Array(slots.length);
      score(query, slots, slots.length, scores);
      const best = createTopK(1, k, compare);
      slots.forEach((slot, place) => best.offer(0, slot, scores[place] ?? 0));
      best.write(0, result, i);
      rows += found.rows;
      lists += found.lists;
    }
    return { neighbours: result, rows: rows / batch, lists: lists / batch };
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
    close: () => stop.abort(new Error("the partitions are closed")),
  };
};
