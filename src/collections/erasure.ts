import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import type { AnchorSpace } from "../retrieval/index.ts";
import type { CollectionRecord, Erasure as Recorded, Store } from "../store/index.ts";
import type { Log, Sequence } from "../types.ts";
import type { SnapshotKeeper } from "./snapshots.ts";

export interface Erased extends Recorded {
  /** Of what was deleted up to here nothing is left. */
  readonly sequence: Sequence;
}

/** Takes deleted anchors out of memory and of the files on disk, and puts on record that they are gone. */
export interface Erasure {
  /** @throws AnchorageError `unavailable` where a snapshot cannot be written, or the store does not answer */
  readonly run: () => Promise<Erased>;
  /** Memory was compacted of itself: the rest follows in the background. */
  readonly afterCompaction: () => void;
  readonly close: () => void;
}

export const createErasure = (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
  snapshots: SnapshotKeeper | undefined,
  log: Log,
): Erasure => {
  let last: Promise<unknown> = Promise.resolve();
  let running = 0;
  let closed = false;

  const erase = async (): Promise<Erased> => {
    const { sequence } = space.view();
    await space.compact();
    try {
      await snapshots?.renew();
    } catch (error) {
      if (isAnchorageError(error)) throw error;
      throw new AnchorageError("unavailable", `No new snapshot could be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
    // What is closed is not compacted to its end.
    if (closed) throw new AnchorageError("unavailable", `Collection "${record.name}" was closed meanwhile.`);
    return { ...(await store.recordErasure(record, sequence)), sequence };
  };

  const run = (): Promise<Erased> => {
    running++;
    const turn = last.then(erase).finally(() => running--);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    run,
    afterCompaction: () => {
      if (running > 0 || closed) return;
      run().catch((error: unknown) => {
        const gone = isAnchorageError(error) && error.code === "not-found";
        if (!closed && !gone)
          log(`collection ${record.name}: what was deleted is not erased yet: ${messageOf(error)}`);
      });
    },
    close: () => {
      closed = true;
    },
  };
};
