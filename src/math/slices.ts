/** The longest time that work may block the event loop. */
const SLICE_MS = 8;

/** Splits long computations into slices so that the event loop can serve requests in between. */
export interface Slices {
  /** Whether the current slice is over. */
  readonly due: () => boolean;
  /** Yields to the event loop, then starts the next slice. */
  readonly rest: () => Promise<void>;
}

/** Computations that wait for their next slice, in order. */
const waiting: (() => void)[] = [];

/** Between two turns of the event loop one slice runs, however many computations there are: requests wait for one only. */
const runNext = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(runNext);
};

const nextSlice = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(runNext);
  });

/** When the slice ends that computations share that begin in this turn of the event loop; 0 where none has begun. */
let sharedUntil = 0;

const sharedSlice = (): number => {
  if (sharedUntil === 0) {
    sharedUntil = performance.now() + SLICE_MS;
    setImmediate(() => (sharedUntil = 0));
  }
  return sharedUntil;
};

/**
 * Starts the first slice, behind those of others that wait. A slice lasts 8 ms. All that begin in one turn of the event
 * loop share their first, so that a hundred requests that come together do not take one each.
 */
export const createSlices = (): Slices => {
  let until = waiting.length > 0 ? 0 : sharedSlice();
  return {
    due: () => performance.now() >= until,
    rest: async () => {
      await nextSlice();
      until = performance.now() + SLICE_MS;
    },
  };
};

/**
 * Returns a function to await between steps of a long computation. It yields to the event loop if the slice is over.
 *
 * @param signal after a yield, an aborted signal's reason is thrown
 * @example
 * ```ts
 * let sum = 0;
 * const turn = createTurns(signal);
 * for (const row of rows) {
 *   sum += score(row);
 *   await turn();
 * }
 * ```
 */
export const createTurns = (signal?: AbortSignal): (() => Promise<void>) => {
  const slices = createSlices();
  return async () => {
    if (!slices.due()) return;
    await slices.rest();
    signal?.throwIfAborted();
  };
};
