import type { Sequence } from "../types.ts";

/** Requests that wait until the collection has reached a sequence. */
export interface SequenceWaiters {
  /** Resolves with true once the sequence is reached, with false after `ms` milliseconds or when it is closed. */
  readonly for: (sequence: Sequence, ms: number) => Promise<boolean>;
  /** Ends the waits whose sequence is reached by now. */
  readonly look: () => void;
  readonly close: () => void;
}

/** Creates an empty set of waiting requests. */
export const createSequenceWaiters = (current: () => Sequence): SequenceWaiters => {
  const waiters = new Set<{ readonly sequence: Sequence; readonly end: (reached: boolean) => void }>();
  let closed = false;
  return {
    for: (sequence, ms) =>
      new Promise((resolve) => {
        if (current() >= sequence || closed) {
          resolve(!closed);
          return;
        }
        const timer = setTimeout(() => end(false), ms);
        const end = (reached: boolean): void => {
          clearTimeout(timer);
          waiters.delete(waiter);
          resolve(reached);
        };
        const waiter = { sequence, end };
        waiters.add(waiter);
      }),
    look: () => {
      if (waiters.size === 0) return;
      const sequence = current();
      for (const waiter of [...waiters]) if (waiter.sequence <= sequence) waiter.end(true);
    },
    close: () => {
      closed = true;
      for (const waiter of [...waiters]) waiter.end(false);
    },
  };
};
