import { availableThreads } from "../../machine-limits.ts";
import { openWorker } from "../../worker.ts";
import { newClusteringState, type ClusteringState } from "./clustering-state.ts";
import { createClusteringSteps, type ClusteringCalls, type ClusteringTask } from "./clustering-steps.ts";
import { trainingRowsFor } from "./list-count.ts";
import type { Clustering, RowCodes } from "./types.ts";

/** Rounds of k-means. */
const ROUNDS = 6;
/** Up to so many rows are partitioned without threads of their own. */
const SMALL = 4_096;
const MODULE = new URL("./clustering-worker.ts", import.meta.url);

export interface BuildListsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of rows that were read, over all rounds, and how many there are to read. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Default: as many as can compute at a time. */
  readonly threads?: number;
  /** Number of lists before crowded ones are split; default: by {@link listCountFor}. */
  readonly lists?: number;
}

/**
 * Groups rows around centroids by k-means on a part of them, on threads of their own and with the lowest priority: the
 * event loop is free meanwhile. Lists above twice the mean are split by 2-means until none is left. The same rows and
 * number of threads give the same lists.
 *
 * @throws the signal's reason
 * @example
 * ```ts
 * const buffer = new SharedArrayBuffer(1_000 * 20);
 * new Uint8Array(buffer).fill(64);
 * const runs = [{ codes: 0, scales: 16_000, rows: 1_000 }];
 * const { order } = await buildLists({ buffer, dimension: 16, stride: 16, runs });
 * order.length; // 1000
 * ```
 */
export const buildLists = async (rows: RowCodes, options: BuildListsOptions = {}): Promise<Clustering> => {
  const { signal, onProgress, threads = availableThreads() } = options;
  const isSmall = rows.runs.reduce((sum, run) => sum + run.rows, 0) <= SMALL;
  const state = newClusteringState(rows, isSmall ? 1 : threads, options.lists);
  const total = ROUNDS * trainingRowsFor(state.lists, state.count) + 2 * state.count;
  let done = 0;
  const onNotice = (read: unknown): void => {
    done += Number(read);
    onProgress?.(Math.min(done, total), total);
  };
  const builders = isSmall ? [buildHere(state, signal, onNotice)] : startThreads(state, signal, onNotice);
  const onAll = async (step: Step): Promise<void> => {
    await Promise.all(builders.map((builder) => builder.do(step)));
  };
  const onOne = async (step: Step): Promise<void> => {
    await builders[0]?.do(step);
  };
  try {
    await onOne("seed");
    for (let round = 0; round < ROUNDS; round++) {
      await onAll("train");
      await onOne("renew");
    }
    await onAll("assign");
    await onOne("arrange");
    await onAll("split");
    await onAll("align");
    return inOrder(state);
  } finally {
    await Promise.all(builders.map((builder) => builder.close()));
  }
};

type Step = Exclude<keyof ClusteringCalls, "close">;

/** A thread that builds. */
interface Builder {
  readonly do: (step: Step) => Promise<void>;
  readonly close: () => Promise<void>;
}

const startThreads = (
  state: ClusteringState,
  signal: AbortSignal | undefined,
  onNotice: (read: unknown) => void,
): Builder[] =>
  Array.from({ length: state.threads }, (_, thread) => {
    const task: ClusteringTask = { state, thread };
    const worker = openWorker<ClusteringCalls>(MODULE, task, { signal, onNotice });
    return { do: (step) => worker.call(step, undefined), close: worker.close };
  });

/** Starting threads takes longer than partitioning a few rows, which is done in slices of this one. */
const buildHere = (
  state: ClusteringState,
  signal: AbortSignal | undefined,
  onNotice: (read: unknown) => void,
): Builder => {
  const context = { signal: signal ?? new AbortController().signal, notify: onNotice };
  const steps = createClusteringSteps({ state, thread: 0 }, context);
  return {
    do: async (step) => {
      await steps[step]();
    },
    close: steps.close,
  };
};

/** Numbers the lists as they follow each other in `order`, without empty ones. */
const inOrder = ({ rows, taken, starts, ends, centroids, alignment, order }: ClusteringState): Clustering => {
  const { dimension: d } = rows;
  const sizeOf = (list: number): number => (ends[list] ?? 0) - (starts[list] ?? 0);
  const kept = Array.from({ length: taken[0] ?? 0 }, (_, list) => list)
    .filter((list) => sizeOf(list) > 0)
    .sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
  const lists = kept.length;
  const shared = (length: number): SharedArrayBuffer => new SharedArrayBuffer(4 * length);
  const found = {
    centroids: new Float32Array(shared(lists * d)),
    alignment: new Float32Array(shared(lists)),
    starts: new Int32Array(shared(lists + 1)),
  };
  kept.forEach((list, i) => {
    found.centroids.set(centroids.subarray(list * d, (list + 1) * d), i * d);
    found.alignment[i] = alignment[list] ?? 0;
    found.starts[i + 1] = ends[list] ?? 0;
  });
  return { dimension: d, lists, ...found, order: order.subarray(0, found.starts[lists]) };
};
