import { AnchorageError, type ErrorCode } from "../errors.ts";
import type { AnchorSpace, SpaceChange } from "../retrieval/index.ts";
import type { AnchorWrite, CollectionRecord, DeleteResult, Store, WriteResult } from "../store/index.ts";
import type { AnchorId, Sequence } from "../types.ts";
import type { Erasure } from "./erasure.ts";
import type { SnapshotKeeper } from "./snapshots.ts";
import { createWaiting } from "./waiting.ts";

/** One collection, in Postgres and in memory, kept in step: memory is what Postgres committed, in its order. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
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
  const waiting = createWaiting(() => space.view().sequence);
  let last: Promise<unknown> = Promise.resolve();
  // One write at a time, so that memory sees the writes in the order in which Postgres numbered them.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const apply = (change: SpaceChange): void => {
    space.apply(change);
    waiting.look();
  };

  /** Reads what this process has not seen: another's writes, or one of ours whose outcome was unknown. */
  const catchUp = async (): Promise<void> => {
    const before = space.view().sequence;
    const { gap } = await store.readSince(record, before, ({ reached, upserts, deletes }) =>
      apply({ sequence: reached ?? before, upserts, deletes }),
    );
    if (gap) onGap();
  };

  const applied = async <R extends WriteResult>(result: R, change: () => SpaceChange): Promise<R> => {
    const { sequence } = space.view();
    // What changed nothing took no sequence: it names another's write, which memory may not have read.
    if (result.ids.length > 0 && result.sequence === sequence + 1) apply(change());
    else if (result.sequence > sequence) await catchUp();
    return result;
  };

  const committing = async <R extends WriteResult>(
    write: () => Promise<R>,
    change: (result: R) => SpaceChange,
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

const isCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof AnchorageError && error.code === code;
