/** How long work may hold the event loop before it lets others in. */
const SLICE_MS = 8;

/**
 * To be awaited between pieces of work; others are let in once a slice is over.
 *
 * @param signal whose reason is thrown once it is aborted
 */
export const createTurns = (signal?: AbortSignal): (() => Promise<void>) => {
  let until = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < until) return;
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    until = performance.now() + SLICE_MS;
  };
};
