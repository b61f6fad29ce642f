import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import type { AnchorSpace } from "../retrieval/index.ts";
import {
  type CollectionRecord,
  type ErasureRecord as Recorded,
  type Store,
  dropLog,
  forgetChanges,
  vacuum,
  erasedGeneration,
  recordErasure,
} from "../store/index.ts";
import type { Log, Sequence } from "../types.ts";
import type { CollectionHooks } from "./hooks.ts";
import type { SnapshotKeeper } from "./snapshots.ts";

export interface Erased extends Recorded {
  /** Memory and snapshots no longer hold anchors that were deleted up to this sequence. */
  readonly sequence: Sequence;
}

/** Removes deleted anchors from memory, from fits and from files, and records it. */
export interface Erasure {
  /**
   * Only `rewrite` erases: space that `vacuum` frees keeps its bytes, so receipts stay `hidden`.
   *
   * @throws AnchorageError `unavailable` where a file cannot be written or removed, a fit cannot be stored, or the store
   * does not answer
   */
  readonly run: (tables: "vacuum" | "rewrite") => Promise<Erased>;
  /** Runs `work` while no erasure runs. */
  readonly apart: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called after memory compacted itself: snapshots follow in the background, but not tables, because a rewrite locks them. */
  readonly afterCompaction: () => void;
  readonly close: () => void;
}

export const createErasure = (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
  snapshots: SnapshotKeeper | undefined,
  forgetBuilt: () => Promise<void>,
  { forget }: Pick<CollectionHooks, "forget">,
  log: Log,
): Erasure => {
  let last: Promise<unknown> = Promise.resolve();
  let running = 0;
  let closed = false;

  const forgetUpTo = async (sequence: Sequence): Promise<void> => {
    for (const erase of forget) await erase(record, sequence);
  };

  /** @returns the sequence up to which neither memory nor a file holds what was deleted */
  const clear = async (): Promise<Sequence> => {
    const sequence = space.sequence();
    await space.refit();
    await forgetUpTo(sequence);
    await space.compact();
    await inFiles(async () => {
      await snapshots?.renew();
      await forgetBuilt();
    });
    // A closed space does not finish its compaction.
    if (closed) throw new AnchorageError("unavailable", `Collection "${record.name}" was closed meanwhile.`);
    return sequence;
  };

  const apart: Erasure["apart"] = (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    running++;
    return apart(work).finally(() => running--);
  };

  return {
    run: (tables) =>
      inTurn(async () => {
        const sequence = await clear();
        await forgetChanges(store, record, sequence);
        await vacuum(store, tables);
        if (tables === "vacuum")
          return { generation: await erasedGeneration(store, record), erased: 0, sequence };
        const said = await recordErasure(store, record, sequence);
        // Data stored meanwhile; from here on the store refuses it.
        await forgetUpTo(sequence);
        await dropLog(store);
        return { ...said, sequence };
      }),
    apart,
    afterCompaction: () => {
      if (running > 0 || closed || snapshots === undefined) return;
      inTurn(snapshots.renew).catch((error: unknown) => {
        const gone = isAnchorageError(error) && error.code === "not-found";
        if (!closed && !gone)
          log.warn(`its snapshot still holds what was deleted: ${messageOf(error)}`, {
            collection: record.name,
          });
      });
    },
    close: () => {
      closed = true;
    },
  };
};

const inFiles = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    throw new AnchorageError("unavailable", `Files that hold what was deleted stay: ${messageOf(error)}`, {
      cause: error,
    });
  }
};
