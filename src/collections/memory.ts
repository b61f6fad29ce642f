import type { CollectionChange } from "../api/collections.ts";
import { AnchorageError, type ErrorCode } from "../errors.ts";
import type { AnchorSpace, SpaceChange } from "../retrieval/index.ts";
import {
  type AnchorWrite,
  type CollectionRecord,
  type DeleteResult,
  type Store,
  type WriteResult,
  readAll,
  readSince,
  changeDefaults,
  findSecret,
  upsertAnchors,
  deleteAnchors,
} from "../store/index.ts";
import type { AnchorId, CollectionDefaults, Sequence } from "../types.ts";
import type { Erasure } from "./erasure.ts";
import type { CollectionHooks } from "./hooks.ts";
import { fingerprintsOf, refuseForbidden } from "./never-again.ts";
import type { SnapshotKeeper } from "./snapshots.ts";

/** A turn in which Postgres was waited for longer, and in vain, has kept those behind it waiting in vain as well. */
const IN_VAIN_MS = 250;

/** One collection, in Postgres and in memory, kept in step: memory is what Postgres committed, in its order. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  /** What queries are answered by at the sequence of the present view. */
  readonly defaults: () => CollectionDefaults;
  readonly changeDefaults: (changed: CollectionChange) => Promise<Sequence>;
  /** @param expected the sequences at which anchors must have been written last */
  readonly upsert: (
    anchors: readonly AnchorWrite[],
    expected?: ReadonlyMap<AnchorId, Sequence>,
  ) => Promise<WriteResult>;
  readonly delete: (
    which: () => readonly AnchorId[],
    options?: { readonly neverAgain?: boolean },
  ) => Promise<DeleteResult>;
  /** Reads what others have written, where memory is behind `sequence` when its turn comes. */
  readonly catchUp: (sequence: Sequence) => Promise<void>;
  /** Whether memory has reached `sequence`, now or within `ms` milliseconds. */
  readonly reaches: (sequence: Sequence, ms: number) => Promise<boolean>;
  /**
   * Does something that no write of this process comes between.
   *
   * @throws AnchorageError `conflict` where the collection has moved to other encoders
   */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Another has taken its place: it answers those who hold it, and takes no writes. */
  readonly retire: () => void;
  /** Absent where there is no place for files. */
  readonly snapshots?: SnapshotKeeper;
  readonly erasure: Erasure;
  readonly close: () => void;
}

/** Fills an empty `space` from Postgres. */
export const fillSpace = async (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
): Promise<AnchorSpace> => {
  const sequence = await readAll(store, record, (batch) => {
    space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
  });
  space.apply({ sequence, upserts: [], deletes: [] });
  return space;
};

/** What memory cannot see to alone. */
export interface Beyond {
  /** What was written meanwhile cannot be read any more, so that all must be read anew. */
  readonly onGap: (record: CollectionRecord) => void;
  /** The collection has other encoders now. Resolves when another memory of it has taken this one's place. */
  readonly onMoved: (record: CollectionRecord) => Promise<void>;
}

/** The collection whose anchors `space` holds, ready for reads and writes. */
export const keepInStep = (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
  { onDelete, retained }: Pick<CollectionHooks, "onDelete" | "retained">,
  { onGap, onMoved }: Beyond,
): Omit<OpenCollection, "erasure" | "snapshots"> => {
  const { asif, transform, method, rank, ensemble } = record;
  let defaults: CollectionDefaults = { asif, transform, method, rank, ensemble };
  const waiting = createWaiting(() => space.sequence());
  let last: Promise<unknown> = Promise.resolve();
  /** When the last turn that waited in vain began. */
  let inVain = -Infinity;
  /** Whether a write's outcome is unknown, so that memory may lack what Postgres has. */
  let inDoubt = false;
  let retired = false;
  // One write at a time, so that memory sees the writes in the order in which Postgres numbered them.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const asked = performance.now();
    const turn = last.then(async () => {
      const began = performance.now();
      // If each waited as long as the one before it, the last would wait for as many times as long.
      if (asked < inVain) throw unavailable("The write before this one waited for Postgres in vain.");
      try {
        return await work();
      } catch (error) {
        if (isCode(error, "unavailable") && performance.now() - began > IN_VAIN_MS) inVain = began;
        throw error;
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  const apply = (change: MemoryChange): void => {
    if (change.defaults !== undefined) {
      defaults = change.defaults;
      space.keepFits(defaults.transform);
    }
    space.apply(change);
    waiting.look();
  };

  /** Reads what this process has not seen: another's writes, or one of ours whose outcome was unknown. */
  const catchUp = async (): Promise<{ readonly gap: boolean }> => {
    const before = space.sequence();
    const { gap, moved } = await readSince(store, record, before, ({ reached, upserts, deletes, defaults }) =>
      apply({ sequence: reached ?? before, upserts, deletes, ...(reached === null ? {} : { defaults }) }),
    );
    if (gap) onGap(record);
    else inDoubt = false;
    if (moved) {
      retired = true;
      await onMoved(record);
    }
    return { gap };
  };

  /** As {@link inTurn}, for a write. */
  const writing = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(() => {
      if (retired) throw moved(record);
      return work();
    });

  /** Reads where memory may not be what Postgres has. */
  const settle = async (): Promise<void> => {
    if (inDoubt && (await catchUp()).gap)
      throw unavailable(`Collection "${record.name}" is being read anew; try again.`);
  };

  /** @param change null for a write that changed nothing: it took no sequence */
  const committing = async <R extends Written>(
    write: () => Promise<R>,
    change: (result: R) => MemoryChange | null,
  ): Promise<R> => {
    try {
      const result = await write();
      const sequence = space.sequence();
      const changed = change(result);
      // Where nothing changed, the sequence is that of another's write, which memory may not have read.
      if (changed !== null && result.sequence === sequence + 1) apply(changed);
      else if (result.sequence > sequence) await catchUp();
      return result;
    } catch (error) {
      if (isCode(error, "unavailable") && !inDoubt) {
        // A connection that breaks during COMMIT leaves the outcome open. Who wrote is not kept waiting for it.
        inDoubt = true;
        inTurn(settle).catch(() => undefined);
      }
      throw error;
    }
  };

  return {
    record,
    space,
    defaults: () => defaults,
    changeDefaults: (changed) =>
      writing(async () => {
        const { sequence } = await committing(
          () => changeDefaults(store, record, changed),
          (result) => ({ ...result, upserts: [], deletes: [] }),
        );
        return sequence;
      }),
    upsert: (anchors, expected) =>
      writing(async () => {
        const secret = await findSecret(store, record);
        if (secret !== null) await refuseForbidden(store, record, secret, anchors);
        return committing(
          () => upsertAnchors(store, record, anchors, expected),
          ({ sequence, ids }) => (ids.length === 0 ? null : { sequence, upserts: anchors, deletes: [] }),
        );
      }),
    delete: (which, { neverAgain = false } = {}) =>
      writing(async () => {
        // A filter must see what Postgres has.
        await settle();
        if (retired) throw moved(record);
        const ids = which();
        if (ids.length === 0) return { sequence: space.sequence(), ids: [], receipt: null };
        return committing(
          () =>
            deleteAnchors(
              store,
              record,
              ids,
              async (transaction, removed) => {
                for (const mark of onDelete) await mark(transaction, record, removed);
                const kept: string[] = [];
                for (const list of retained) kept.push(...(await list(transaction, record)));
                return kept;
              },
              neverAgain ? (queries) => fingerprintsOf(queries, record, ids) : undefined,
            ),
          ({ sequence, ids }) => (ids.length === 0 ? null : { sequence, upserts: [], deletes: ids }),
        );
      }),
    catchUp: (sequence) =>
      inTurn(async () => {
        if (retired) await onMoved(record);
        else if (space.sequence() < sequence) await catchUp();
      }),
    exclusively: writing,
    retire: () => {
      retired = true;
    },
    reaches: (sequence, ms) => waiting.for(sequence, ms),
    close: () => {
      waiting.close();
      space.close();
    },
  };
};

const moved = ({ name }: CollectionRecord): AnchorageError =>
  new AnchorageError("conflict", `The collection "${name}" has moved to other encoders; try again.`);

const unavailable = (message: string): AnchorageError => new AnchorageError("unavailable", message);

type Written = Pick<WriteResult, "sequence">;

interface MemoryChange extends SpaceChange {
  readonly defaults?: CollectionDefaults;
}

const isCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof AnchorageError && error.code === code;

/** Requests that wait until the collection has reached a sequence. */
interface Waiting {
  /** Resolves with true once the sequence is reached, with false after `ms` milliseconds or when it is closed. */
  readonly for: (sequence: Sequence, ms: number) => Promise<boolean>;
  /** Ends the waits whose sequence is reached by now. */
  readonly look: () => void;
  readonly close: () => void;
}

const createWaiting = (current: () => Sequence): Waiting => {
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
