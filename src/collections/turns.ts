import { AnchorageError, isAnchorageError } from "../errors.ts";

/** If a write timed out waiting for Postgres, those queued behind it fail instead of each timing out in turn. */
const IN_VAIN_MS = 250;
/** Deletions and other work that wait for a turn. */
const MAX_WAITING = 1_000;

/** Runs one piece of work at a time, in the order in which they came. */
export interface WriteTurns {
  /** @throws AnchorageError `unavailable` if the turn before it timed out waiting for Postgres */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether no more work should wait. */
  readonly isFull: () => boolean;
}

/** Creates the turns of one collection's writes. */
export const createWriteTurns = (): WriteTurns => {
  let last: Promise<unknown> = Promise.resolve();
  /** When the last turn that timed out began. */
  let timedOut = -Infinity;
  let waiting = 0;
  return {
    inTurn: (work) => {
      const asked = performance.now();
      waiting += 1;
      const turn = last.then(async () => {
        const began = performance.now();
        try {
          if (asked < timedOut)
            throw unavailable("The write before this one waited for Postgres until its time was up.");
          return await work();
        } catch (error) {
          if (isUnavailable(error) && performance.now() - began > IN_VAIN_MS) timedOut = began;
          throw error;
        } finally {
          waiting -= 1;
        }
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    isFull: () => waiting >= MAX_WAITING,
  };
};

/** An `unavailable` error. */
export const unavailable = (message: string): AnchorageError => new AnchorageError("unavailable", message);

/** Whether an error says that the service cannot answer for now. */
export const isUnavailable = (error: unknown): boolean =>
  isAnchorageError(error) && error.code === "unavailable";
