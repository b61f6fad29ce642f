import { AnchorageError, type ErrorCode } from "../errors.ts";
import type { AnchorSpace, SpaceChange } from "../retrieval/index.ts";
import type {
  AnchorWrite,
  CollectionRecord,
  DefaultsChange,
  DeleteResult,
  Store,
  WriteResult,
} from "../store/index.ts";
import type { AnchorId, CollectionDefaults, Sequence } from "../types.ts";
import type { Erasure } from "./erasure.ts";
import type { SnapshotKeeper } from "./snapshots.ts";
import { createWaiting } from "./waiting.ts";

/** One collection, in Postgres and in memory, kept in step: memory is what Postgres committed, in its order. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  /** What queries are answered by at the sequence of the present view. */
  readonly defaults: () => CollectionDefaults;
  readonly changeDefaults: (changed: DefaultsChange) => Promise<Sequence>;
  readonly upsert: (anchors: readonly AnchorWrite[]) => Promise<WriteResult>;
  readonly delete: (which: () => readonly AnchorId[]) => Promise<DeleteResult>;
  /** Reads what others have written, where memory is behind `sequence` when its turn comes. */
  readonly catchUp: (sequence: Sequence) => Promise<void>;
  /** Whether memory has reached `sequence`, now or within `ms` milliseconds. */
  readonly reaches: (sequence: Sequence, ms: number) => Promise<boolean>;
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
  const sequence = await store.readAll(record, (batch) => {
    space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
  });
  space.apply({ sequence, upserts: [], deletes: [] });
  return space;
};

/**
 * The collection whose anchors `space` holds, ready for reads and writes.
 *
 * @param onGap called where what was written meanwhile cannot be read any more, so that all must be read anew
 */
export const keepInStep = (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
  onGap: () => void,
): Omit<OpenCollection, "erasure" | "snapshots"> => {
  const { asif, transform, method, rank, ensemble } = record;
  let defaults: CollectionDefaults = { asif, transform, method, rank, ensemble };
  const waiting = createWaiting(() => space.view().sequence);
  let last: Promise<unknown> = Promise.resolve();
  // One write at a time, so that memory sees the writes in the order in which Postgres numbered them.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const apply = (change: CollectionChange): void => {
    if (change.defaults !== undefined) defaults = change.defaults;
    space.apply(change);
    waiting.look();
  };

  /** Reads what this process has not seen: another's writes, or one of ours whose outcome was unknown. */
  const catchUp = async (): Promise<void> => {
    const before = space.view().sequence;
    const { gap } = await store.readSince(record, before, ({ reached, upserts, deletes, defaults }) =>
      apply({ sequence: reached ?? before, upserts, deletes, ...(reached === null ? {} : { defaults }) }),
    );
    if (gap) onGap();
  };

  const applied = async <R extends Written>(result: R, change: () => CollectionChange): Promise<R> => {
    if (result.sequence === space.view().sequence + 1) apply(change());
    else await catchUp();
    return result;
  };

  const committing = async <R extends Written>(
    write: () => Promise<R>,
    change: (result: R) => CollectionChange,
  ): Promise<R> => {
    try {
      const result = await write();
      return await applied(result, () => change(result));
    } catch (error) {
      // A connection that breaks during COMMIT leaves the outcome open; memory must not stay behind Postgres.
      if (isCode(error, "unavailable")) await catchUp().catch(() => undefined);
      throw error;
    }
  };

  return {
    record,
    space,
    defaults: () => defaults,
    changeDefaults: (changed) =>
      inTurn(async () => {
        const { sequence } = await committing(
          () => store.changeDefaults(record, changed),
          (result) => ({ ...result, upserts: [], deletes: [] }),
        );
        return sequence;
      }),
    upsert: (anchors) =>
      inTurn(() =>
        committing(
          () => store.upsertAnchors(record, anchors),
          ({ sequence }) => ({ sequence, upserts: anchors, deletes: [] }),
        ),
      ),
    delete: (which) =>
      inTurn(async () => {
        const ids = which();
        if (ids.length === 0) return { sequence: space.view().sequence, ids: [], receipt: null };
        return committing(
          () => store.deleteAnchors(record, ids),
          (result) => ({ sequence: result.sequence, upserts: [], deletes: result.ids }),
        );
      }),
    catchUp: (sequence) =>
      inTurn(async () => {
        if (space.view().sequence < sequence) await catchUp();
      }),
    reaches: (sequence, ms) => waiting.for(sequence, ms),
    close: () => {
      waiting.close();
      space.close();
    },
  };
};

type Written = Pick<WriteResult, "sequence">;

interface CollectionChange extends SpaceChange {
  readonly defaults?: CollectionDefaults;
}

const isCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof AnchorageError && error.code === code;
