import { openCentroidProducts, type CentroidProducts } from "./centroid-products.ts";
import { normalise, quantiseCentroids, renewCentroids } from "./centroids.ts";
import type { ClusteringState } from "./clustering-state.ts";
import { trainingRowsFor } from "./list-count.ts";
import { createCodeReader } from "./code-reader.ts";
import { cutInTwo, productAt, meanOf } from "./split-list.ts";

/** Lists of more than this multiple of the mean are split. */
const CROWDED = 2;
/** Rows that are read between two looks at the signal. */
const ROWS_A_TURN = 4_096;

export interface ClusteringTask {
  readonly state: ClusteringState;
  /** The number of this thread, from 0. */
  readonly thread: number;
}

/** The steps of a build, in order. `seed`, `renew` and `arrange` are for one thread, the others for each. */
export interface ClusteringCalls {
  /** Takes rows as the first centroids. */
  readonly seed: () => void;
  /** Adds this thread's training rows to their nearest centroids. */
  readonly train: () => Promise<void>;
  /** Moves the centroids to the means of their rows. */
  readonly renew: () => void;
  /** Finds the nearest centroid of this thread's rows. */
  readonly assign: () => Promise<void>;
  /** Orders the rows by list. */
  readonly arrange: () => void;
  /** Splits every list of this thread's share that is above twice the mean, until none is left. */
  readonly split: () => Promise<void>;
  /** Measures how near the rows of this thread's lists are to their centroids. */
  readonly align: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What the steps of a build need beside their data. */
export interface ClusteringContext {
  readonly signal: AbortSignal;
  /** Receives the number of rows that were read since the last call. */
  readonly notify: (rows: number) => void;
}

/** The steps of a build on the present thread, with pauses. */
export const createClusteringSteps = (
  { state, thread }: ClusteringTask,
  { signal, notify }: ClusteringContext,
): ClusteringCalls => {
  const { count, lists, threads, centroids, quantised, listOf, order, starts, ends, taken } = state;
  const { dimension: d, stride } = state.rows;
  const reader = createCodeReader(state.rows);
  const trained = { vectors: centroids, lists, dimension: d };
  const training = trainingRowsFor(lists, count);
  const share = { from: shareOf(training, thread, threads), to: shareOf(training, thread + 1, threads) };
  /** The place of a training row: they are evenly spread. */
  const placeOf = (row: number): number => Math.floor((row * count) / training);
  let codes: Uint8Array | undefined;
  let products: CentroidProducts | undefined;

  const turn = async (rows: number): Promise<void> => {
    notify(rows);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };

  /** The first row from `place` on that is neither erased nor zero. */
  const firstWithDirection = (place: number): number | undefined => {
    for (let i = 0; i < count; i++) if (reader.scale((place + i) % count) > 0) return (place + i) % count;
    return undefined;
  };

  const openProducts = async (): Promise<CentroidProducts> => {
    await products?.close();
    products = await openCentroidProducts(Int8Array.from(quantised), { stride, count: lists });
    return products;
  };

  /** Training rows are read again each round, so that they are copied once. */
  const trainingCodes = (): Uint8Array => {
    if (codes !== undefined) return codes;
    codes = new Uint8Array((share.to - share.from) * stride);
    for (let row = share.from; row < share.to; row++)
      reader.copyCodes(placeOf(row), 1, codes.subarray((row - share.from) * stride));
    return codes;
  };

  const train = async (): Promise<void> => {
    const [sums, counts] = [state.sums[thread], state.counts[thread]];
    if (sums === undefined || counts === undefined) throw new RangeError(`there is no thread ${thread}`);
    sums.fill(0);
    counts.fill(0);
    const own = trainingCodes();
    const { rows, codes: input, nearest } = await openProducts();
    const found = new Int32Array(rows);
    for (let first = share.from; first < share.to; first += rows) {
      const some = Math.min(rows, share.to - first);
      const at = (first - share.from) * stride;
      input.set(own.subarray(at, at + some * stride));
      await nearest(some, found);
      for (let row = 0; row < some; row++) {
        const scale = reader.scale(placeOf(first + row));
        if (!(scale > 0)) continue;
        const list = found[row] ?? 0;
        counts[list] = (counts[list] ?? 0) + 1;
        addScaled(sums, list * d, own, at + row * stride, scale, d);
      }
      await turn(some);
    }
  };

  const assign = async (): Promise<void> => {
    const { rows, codes: input, nearest } = await openProducts();
    const last = shareOf(count, thread + 1, threads);
    for (let first = shareOf(count, thread, threads); first < last; first += rows) {
      const some = Math.min(rows, last - first);
      reader.copyCodes(first, some, input);
      await nearest(some, listOf.subarray(first, first + some));
      for (let row = first; row < first + some; row++) if (Number.isNaN(reader.scale(row))) listOf[row] = -1;
      await turn(some);
    }
  };

  const arrange = (): void => {
    ends.fill(0);
    for (const list of listOf) if (list >= 0) ends[list] = (ends[list] ?? 0) + 1;
    let start = 0;
    for (let list = 0; list < lists; list++) {
      starts[list] = start;
      start += ends[list] ?? 0;
      ends[list] = starts[list] ?? 0;
    }
    listOf.forEach((list, place) => {
      if (list < 0) return;
      const at = ends[list] ?? 0;
      order[at] = place;
      ends[list] = at + 1;
    });
    taken[0] = lists;
  };

  const split = async (): Promise<void> => {
    let live = 0;
    for (let list = 0; list < lists; list++) live += (ends[list] ?? 0) - (starts[list] ?? 0);
    const limit = Math.max(CROWDED, (CROWDED * live) / lists);
    for (let list = thread; list < lists; list += threads) {
      const open = [list];
      for (let one = open.pop(); one !== undefined; one = open.pop()) {
        const size = (ends[one] ?? 0) - (starts[one] ?? 0);
        if (size <= limit) continue;
        open.push(one, splitInTwo(one));
        await turn(0);
      }
    }
  };

  /** @returns the number of the new list, which takes the second half */
  const splitInTwo = (list: number): number => {
    const [start, end] = [starts[list] ?? 0, ends[list] ?? 0];
    const rows = decodeAll(start, end);
    const cut = cutInTwo(rows, end - start, d);
    const places = order.slice(start, end);
    cut.order.forEach((row, i) => (order[start + i] = places[row] ?? -1));
    const fresh = Atomics.add(taken, 0, 1);
    starts[fresh] = ends[list] = start + cut.first;
    ends[fresh] = end;
    centroids.set(meanOf(rows, cut.order.subarray(0, cut.first), d), list * d);
    centroids.set(meanOf(rows, cut.order.subarray(cut.first), d), fresh * d);
    return fresh;
  };

  const decodeAll = (start: number, end: number): Float32Array => {
    const rows = new Float32Array((end - start) * d);
    for (let i = start; i < end; i++) reader.decode(order[i] ?? -1, rows, (i - start) * d);
    return rows;
  };

  const align = async (): Promise<void> => {
    const row = new Float32Array(d);
    let done = 0;
    for (let list = thread; list < Atomics.load(taken, 0); list += threads) {
      const centroid = centroids.subarray(list * d, (list + 1) * d);
      const [start, end] = [starts[list] ?? 0, ends[list] ?? 0];
      let sum = 0;
      for (let i = start; i < end; i++) {
        reader.decode(order[i] ?? -1, row, 0);
        sum += productAt(row, 0, centroid);
      }
      state.alignment[list] = end === start ? 0 : Math.min(1, Math.max(0, sum / (end - start)));
      done += end - start;
      if (done < ROWS_A_TURN) continue;
      await turn(done);
      done = 0;
    }
    await turn(done);
  };

  return {
    seed: () => {
      for (let list = 0; list < lists; list++) {
        const place = firstWithDirection(Math.floor((list * count) / lists));
        if (place === undefined) continue;
        reader.decode(place, centroids, list * d);
        normalise(centroids, list * d, d);
      }
      quantiseCentroids(trained, quantised);
    },
    train,
    renew: () => {
      renewCentroids(trained, state.sums, state.counts);
      quantiseCentroids(trained, quantised);
    },
    assign,
    arrange,
    split,
    align,
    close: async () => products?.close(),
  };
};

const shareOf = (count: number, thread: number, threads: number): number =>
  Math.floor((count * thread) / threads);

const addScaled = (
  sums: Float32Array,
  to: number,
  codes: Uint8Array,
  from: number,
  scale: number,
  length: number,
): void => {
  for (let i = 0; i < length; i++)
    sums[to + i] = (sums[to + i] ?? 0) + scale * ((codes[from + i] ?? 64) - 64);
};
