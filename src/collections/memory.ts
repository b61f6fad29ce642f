import { AnchorageError } from "../errors.ts";
import { withMemory } from "../memory-budget.ts";
import { traced } from "../tracing.ts";
import type { AnchorSpace, SpaceChange } from "../retrieval/index.ts";
import {
  type AnchorWrite,
  type CollectionRecord,
  type DeleteResult,
  type Store,
  type WriteResult,
  readSince,
  changeDefaults,
  findSecret,
  upsertGroup,
  deleteAnchors,
  type ChooseAnchors,
  type GroupedWrite,
  type StoredChange,
} from "../store/index.ts";
import type { AnchorId, CollectionDefaults, Sequence } from "../types.ts";
import type { Erasure } from "./erasure.ts";
import type { CollectionHooks } from "./hooks.ts";
import { fingerprintsOf, refuseForbidden } from "./never-again.ts";
import type { SnapshotKeeper } from "./snapshots.ts";
import {
  createSequenceWaiters,
  createUpsertQueue,
  createWriteTurns,
  isUnavailable,
  needOfWrite,
  settleGroup,
  unavailable,
  type QueuedWrite,
} from "./write-order.ts";

/** One collection, in Postgres and in memory, kept in step: memory is what Postgres committed, in its order. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  /** The defaults of queries at the sequence of the current view. */
  readonly defaults: () => CollectionDefaults;
  readonly changeDefaults: (changed: StoredChange) => Promise<Sequence>;
  /** Writes anchors; writes that wait together are committed together, each at its own sequence. */
  readonly upsert: (
    anchors: readonly AnchorWrite[],
    options?: WriteOptions & Pick<GroupedWrite, "expected">,
  ) => Promise<WriteResult>;
  /** @param which chooses ids when memory holds what Postgres has and nothing else can write to the collection */
  readonly delete: (
    which: () => Promise<readonly AnchorId[]>,
    options?: WriteOptions & { readonly neverAgain?: boolean },
  ) => Promise<DeleteResult>;
  /** Reads other processes' writes if memory is behind `sequence`. */
  readonly catchUp: (sequence: Sequence) => Promise<void>;
  /** Whether memory has reached `sequence`, now or within `ms` milliseconds. */
  readonly reaches: (sequence: Sequence, ms: number) => Promise<boolean>;
  /**
   * Runs `work` while no write of this process runs.
   *
   * @throws AnchorageError `conflict` where the collection has moved to other encoders
   */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Marks it as replaced: it still answers queries that hold it, and refuses writes. */
  readonly retire: () => void;
  /** Absent if the service keeps no files. */
  readonly snapshots?: SnapshotKeeper;
  readonly erasure: Erasure;
  readonly close: () => void;
}

/** Conditions of a write. */
export interface WriteOptions {
  /** A write whose signal is aborted before its turn is dropped: its caller is gone. */
  readonly signal?: AbortSignal | undefined;
  /** The expected sequence of the collection; the write is refused at any other. */
  readonly ifSequence?: Sequence | undefined;
}

/** Events that need a new memory for the collection. */
export interface Beyond {
  /** Earlier writes can no longer be read, so that the whole collection must be read again. */
  readonly onGap: (record: CollectionRecord) => void;
  /** The collection has other encoders now. Resolves when a new memory has replaced this one. */
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
  const { asif, transform, method, rank, ensemble, images } = record;
  let defaults: CollectionDefaults = { asif, transform, method, rank, ensemble, images };
  const waiting = createSequenceWaiters(() => space.sequence());
  /** Whether a write's outcome is unknown, so that memory may lack what Postgres has. */
  let inDoubt = false;
  let retired = false;
  // One write at a time, so that memory sees the writes in the order in which Postgres numbered them.
  const { inTurn, isFull } = createWriteTurns();

  const apply = (change: MemoryChange): void => {
    if (change.defaults !== undefined) {
      defaults = change.defaults;
      space.keepFits(defaults.transform);
    }
    space.apply(change);
    waiting.look();
  };

  /** Reads writes that this memory lacks: of other processes, or one whose outcome was unknown. */
  const catchUp = async (
    database: Parameters<typeof readSince>[0] = store,
  ): Promise<{ readonly gap: boolean }> => {
    const before = space.sequence();
    const { gap, moved } = await readSince(
      database,
      record,
      before,
      ({ reached, upserts, deletes, defaults }) =>
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
  const writing = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (isFull()) throw unavailable("Too many writes to this collection wait; try again.");
    return inTurn(() => {
      signal?.throwIfAborted();
      if (retired) throw moved(record);
      return work();
    });
  };

  /** Reads from Postgres if memory may lack a write. */
  const settle = async (): Promise<void> => {
    if (inDoubt && (await catchUp()).gap)
      throw unavailable(`Collection "${record.name}" is being read anew; try again.`);
  };

  /** @param changesOf none for a write that changed nothing: it took no sequence */
  const committing = async <R>(
    write: () => Promise<R>,
    changesOf: (result: R) => { readonly reached: Sequence; readonly changes: readonly MemoryChange[] },
  ): Promise<R> => {
    try {
      const result = await write();
      const sequence = space.sequence();
      const { reached, changes } = changesOf(result);
      // If nothing changed, the sequence is that of another write, which memory may lack.
      if (changes[0]?.sequence === sequence + 1) changes.forEach(apply);
      else if (reached > sequence) await catchUp();
      return result;
    } catch (error) {
      if (isUnavailable(error) && !inDoubt) {
        // A connection that breaks during COMMIT leaves the outcome open. The caller does not wait for it.
        inDoubt = true;
        inTurn(settle).catch(() => undefined);
      }
      throw error;
    }
  };

  /** Commits writes together, and refuses those whose anchors must never come back. */
  const commit = async (group: readonly QueuedWrite[]): Promise<void> => {
    const secret = await findSecret(store, record);
    const allowed: QueuedWrite[] = [];
    for (const queued of group) {
      try {
        if (secret !== null) await refuseForbidden(store, record, secret, queued.write.anchors);
        allowed.push(queued);
      } catch (error) {
        queued.reject(error);
      }
    }
    if (allowed.length === 0) return;
    await settleGroup(allowed, (writes) =>
      committing(
        () => upsertGroup(store, record, writes),
        (results) => ({
          reached: results.at(-1)?.sequence ?? space.sequence(),
          changes: results.flatMap(({ sequence, ids }, i) =>
            ids.length === 0 ? [] : [{ sequence, upserts: writes[i]?.anchors ?? [], deletes: [] }],
          ),
        }),
      ),
    );
  };
  const upserts = createUpsertQueue(writing, async (group) => {
    try {
      const attributes = { "anchorage.collection": record.name, "anchorage.writes": group.length };
      await traced({ name: "commit", attributes }, () => commit(group));
    } catch (error) {
      for (const { reject } of group) reject(error);
      throw error;
    }
  });

  /** Catches up with Postgres within a transaction that excludes other writers. */
  const catchUpWithin: ChooseAnchors = async ({ queries, client }, sequence) => {
    if (space.sequence() < sequence) {
      const { gap } = await catchUp({ snapshot: (work) => work({ queries, client }) });
      if (gap) throw unavailable(`Collection "${record.name}" is being read anew; try again.`);
      if (retired) throw moved(record);
    }
    return [];
  };

  return {
    record,
    space,
    defaults: () => defaults,
    changeDefaults: (changed) =>
      writing(async () => {
        const { sequence } = await committing(
          () => changeDefaults(store, record, changed),
          (result) => ({
            reached: result.sequence,
            changes: [{ ...result, upserts: [], deletes: [] }],
          }),
        );
        return sequence;
      }),
    upsert: (anchors, { signal, ifSequence, expected } = {}) =>
      withMemory(needOfWrite(anchors, space), () => {
        const wanted = expected === undefined ? {} : { expected };
        const at = ifSequence === undefined ? {} : { ifSequence };
        return upserts.add({ anchors, ...wanted, ...at }, signal);
      }),
    delete: (which, { neverAgain = false, signal, ifSequence } = {}) =>
      writing(
        () =>
          committing(
            () =>
              deleteAnchors(
                store,
                record,
                async (transaction, sequence) => {
                  await catchUpWithin(transaction, sequence);
                  return which();
                },
                async (transaction, removed) => {
                  for (const mark of onDelete) await mark(transaction, record, removed);
                  const kept: string[] = [];
                  for (const list of retained) kept.push(...(await list(transaction, record)));
                  return kept;
                },
                neverAgain ? (queries, ids) => fingerprintsOf(queries, record, ids) : undefined,
                ifSequence,
              ),
            ({ sequence, ids }) => ({
              reached: sequence,
              changes: ids.length === 0 ? [] : [{ sequence, upserts: [], deletes: ids }],
            }),
          ),
        signal,
      ),
    catchUp: async (sequence) => {
      if (retired || space.sequence() < sequence)
        await inTurn(async () => {
          if (retired) await onMoved(record);
          else if (space.sequence() < sequence) await catchUp();
        });
    },
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

interface MemoryChange extends SpaceChange {
  readonly defaults?: CollectionDefaults;
}
