import type { Sequence } from "../types.ts";

/** Those who wait until a number that grows has reached theirs. */
export interface Waiting {
  /** Whether it is reached, now or within `ms` milliseconds; false at once where nothing is to come any more. */
  readonly for: (sequence: Sequence, ms: number) => Promise<boolean>;
  /** The number may have grown. */
  readonly look: () => void;
  readonly close: () => void;
}

export const createWaiting = (current: () => Sequence): Waiting => {
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
