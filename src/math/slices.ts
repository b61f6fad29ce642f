/** How long work may hold the event loop before it lets others in. */
const SLICE_MS = 8;

/** Divides long work, so that requests are answered meanwhile. */
export interface Slices {
  /** Whether it is time to rest. */
  readonly due: () => boolean;
  readonly rest: () => Promise<void>;
}

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
 * To be awaited between pieces of work: lets others in once a slice is over.
 *
 * @param signal whose reason is thrown once it is aborted
 */
export const createTurns = (signal?: AbortSignal): (() => Promise<void>) => {
  const slices = createSlices();
  return async () => {
    if (!slices.due()) return;
    await slices.rest();
    signal?.throwIfAborted();
  };
};
