import { AnchorageError, isAnchorageError } from "../errors.ts";
import type { MemoryNeed } from "../memory-budget.ts";
import type { AnchorSpace } from "../retrieval/index.ts";
import type { GroupedWrite, WriteResult } from "../store/index.ts";
import type { Sequence } from "../types.ts";

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

/** Writes and anchors of one commit; a single write may hold more anchors. */
const MAX_WRITES = 256;
const MAX_ANCHORS = 2_000;
/** Writes, and megabytes of their vectors and images, that wait for a commit. */
const MAX_QUEUED = 2_000;
const MAX_QUEUED_BYTES = 512 * 1024 * 1024;

/** One write, and who waits for it. */
export interface QueuedWrite {
  readonly write: GroupedWrite;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly bytes: number;
}

/** Writes of anchors that wait for the next commit. */
export interface UpsertQueue {
  /**
   * Adds a write to the next commit that has room for it.
   *
   * @param signal a write whose signal has aborted when its turn comes is dropped
   * @throws AnchorageError `unavailable` if too many writes wait
   */
  readonly add: (write: GroupedWrite, signal?: AbortSignal) => Promise<WriteResult>;
}

/**
 * Creates a queue that commits the writes that wait together in one transaction.
 *
 * @param inTurn runs work after the collection's writes before it
 * @param commit commits a group and settles each of its writes
 */
export const createUpsertQueue = (
  inTurn: (work: () => Promise<void>) => Promise<void>,
  commit: (group: readonly QueuedWrite[]) => Promise<void>,
): UpsertQueue => {
  const waiting: QueuedWrite[] = [];
  let waitingBytes = 0;
  let isScheduled = false;

  const takeGroup = (): QueuedWrite[] => {
    const group: QueuedWrite[] = [];
    const ids = new Set<string>();
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const { write, signal, bytes, reject } = next;
      if (signal?.aborted !== true && !fits(group, ids, write)) break;
      waiting.shift();
      waitingBytes -= bytes;
      if (signal?.aborted === true) reject(signal.reason);
      else {
        group.push(next);
        for (const { id } of write.anchors) ids.add(id);
      }
    }
    return group;
  };

  const flush = async (): Promise<void> => {
    isScheduled = false;
    const group = takeGroup();
    if (waiting.length > 0) schedule();
    if (group.length > 0) await commit(group);
  };

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    inTurn(flush).catch((error: unknown) => {
      // The turn did not come: whatever waits for it would not do better.
      isScheduled = false;
      waitingBytes = 0;
      for (const { reject } of waiting.splice(0)) reject(error);
    });
  };

  return {
    add: (write, signal) =>
      new Promise((resolve, reject) => {
        const bytes = bytesOf(write.anchors);
        if (waiting.length >= MAX_QUEUED || (waiting.length > 0 && waitingBytes + bytes > MAX_QUEUED_BYTES)) {
          reject(new AnchorageError("unavailable", "Too many writes to this collection wait; try again."));
          return;
        }
        waiting.push({ write, resolve, reject, signal, bytes });
        waitingBytes += bytes;
        schedule();
      }),
  };
};

/** Whether a write can be committed with a group: no id twice, and alone if it depends on what was written before. */
const fits = (group: readonly QueuedWrite[], ids: ReadonlySet<string>, write: GroupedWrite): boolean => {
  if (group.length === 0) return true;
  if (group.length >= MAX_WRITES || ids.size + write.anchors.length > MAX_ANCHORS) return false;
  if (isConditional(write) || group.some((queued) => isConditional(queued.write))) return false;
  return write.anchors.every(({ id }) => !ids.has(id));
};

const isConditional = ({ expected, ifSequence }: GroupedWrite): boolean =>
  expected !== undefined || ifSequence !== undefined;

/** A write is held as it came and as it is sent to Postgres. */
const COPIES = 2;

/** The memory that a write takes while it is made, and the anchors afterwards. */
export const needOfWrite = (
  anchors: GroupedWrite["anchors"],
  { bytesFor }: Pick<AnchorSpace, "bytesFor">,
): MemoryNeed => ({ bytes: bytesFor(anchors.length) + COPIES * bytesOf(anchors), what: "This write" });

/** Bytes of the vectors and images of anchors that are to be written. */
const bytesOf = (anchors: GroupedWrite["anchors"]): number =>
  anchors.reduce(
    (sum, { imageVector, textVector, image, original }) =>
      sum +
      imageVector.byteLength +
      textVector.byteLength +
      (image?.bytes.length ?? 0) +
      (original?.bytes.length ?? 0),
    0,
  );

/**
 * Settles the writes of a group by `commit`; if it refuses the group for a fault of one write, each is committed alone.
 */
export const settleGroup = async (
  group: readonly QueuedWrite[],
  commit: (writes: readonly GroupedWrite[]) => Promise<readonly WriteResult[]>,
): Promise<void> => {
  try {
    const results = await commit(group.map(({ write }) => write));
    group.forEach(({ resolve, reject }, i) => {
      const result = results[i];
      if (result === undefined) reject(new Error("a write has no result"));
      else resolve(result);
    });
  } catch (error) {
    const isShared = group.length === 1 || !isAnchorageError(error) || error.code !== "invalid-input";
    if (isShared) for (const { reject } of group) reject(error);
    else for (const queued of group) await settleGroup([queued], commit);
  }
};

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
