/** The longest time that work may block the event loop. */
const SLICE_MS = 8;

/** Splits long computations into slices so that the event loop can serve requests in between. */
export interface Slices {
  /** Whether the current slice is over. */
  readonly due: () => boolean;
  /** Yields to the event loop, then starts the next slice. */
  readonly rest: () => Promise<void>;
}

/** Starts the first slice. A slice lasts 8 ms. */
export const createSlices = (): Slices => {
  let until = performance.now() + SLICE_MS;
  return {
    due: () => performance.now() >= until,
    rest: async () => {
      await new Promise(setImmediate);
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
