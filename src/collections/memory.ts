import { AnchorageError, type ErrorCode } from "../errors.ts";
import type { AnchorSpace } from "../retrieval/index.ts";
import type { AnchorWithVectors, AnchorWrite, CollectionRecord, Store, WriteResult } from "../store/index.ts";
import type { AnchorId, Sequence } from "../types.ts";

/** One collection, in Postgres and in memory, kept in step: memory is what Postgres committed, in its order. */
export interface OpenCollection {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  readonly upsert: (anchors: readonly AnchorWrite[]) => Promise<WriteResult>;
  readonly delete: (which: () => readonly AnchorId[]) => Promise<WriteResult>;
  readonly close: () => void;
}

/** Fills `space` from Postgres and returns the collection, ready for reads and writes. */
export const loadCollection = async (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
): Promise<OpenCollection> => {
  const sequence = await store.readAll(record, (batch) => {
    space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
  });
  space.apply({ sequence, upserts: [], deletes: [] });
  return keepInStep(store, record, space);
};

const keepInStep = (store: Store, record: CollectionRecord, space: AnchorSpace): OpenCollection => {
  let last: Promise<unknown> = Promise.resolve();
  // One write at a time, so that memory sees the writes in the order in which Postgres numbered them.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  /** Reads what this process has not seen: another's writes, or one of ours whose outcome was unknown. */
  const catchUp = async (): Promise<void> => {
    const changes = await store.changesSince(record, space.view().sequence);
    const newest = changes.at(-1);
    if (newest === undefined) return;
    const ids = [...new Set(changes.flatMap((change) => change.ids))];
    const upserts: AnchorWithVectors[] = await store.findAnchors(record, ids);
    const present = new Set(upserts.map((anchor) => anchor.id));
    space.apply({ sequence: newest.sequence, upserts, deletes: ids.filter((id) => !present.has(id)) });
  };

  const applied = async (result: WriteResult, apply: () => void): Promise<WriteResult> => {
    if (result.sequence === space.view().sequence + 1) apply();
    else await catchUp();
    return result;
  };

  const committing = async (
    write: () => Promise<WriteResult>,
    apply: (r: WriteResult) => void,
  ): Promise<WriteResult> => {
    try {
      const result = await write();
      return await applied(result, () => apply(result));
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
          ({ sequence }) => space.apply({ sequence, upserts: anchors, deletes: [] }),
        ),
      ),
    delete: (which) =>
      inTurn(async () => {
        const ids = which();
        if (ids.length === 0) return { sequence: space.view().sequence, ids: [] };
        return committing(
          () => store.deleteAnchors(record, ids),
          (result) => space.apply({ sequence: result.sequence, upserts: [], deletes: result.ids }),
        );
      }),
    close: () => space.close(),
  };
};

const isCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof AnchorageError && error.code === code;
