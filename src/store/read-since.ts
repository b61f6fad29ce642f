import { and, asc, eq, gt } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import { selectAnchors } from "./anchor-reads.ts";
import { defaultColumns, defaultsOf } from "./collections.ts";
import type { Database } from "./database.ts";
import { encoderKeys, hasEncodersOf } from "./lock-collection.ts";
import { changes, collections } from "./schema.ts";
import type { CaughtUp, CollectionRecord, SinceBatch } from "./types.ts";

/** The maximum number of ids in one write, so that the result of a single write fits in one batch. */
const BATCH = 10_000;

/**
 * Reads the net effect of the writes to a collection after `sequence`, in batches and in one snapshot. Calls `onBatch`
 * never if the collection is gone, is not newer, has moved to other encoders, or if a recorded write is missing.
 */
export const readSince = async (
  database: Pick<Database, "snapshot">,
  collection: CollectionRecord,
  sequence: Sequence,
  onBatch: (batch: SinceBatch) => Promise<void> | void,
): Promise<CaughtUp> =>
  database.snapshot(async ({ queries }) => {
    const [state] = await queries
      .select({ sequence: collections.sequence, ...encoderKeys, ...defaultColumns })
      .from(collections)
      .where(eq(collections.key, collection.key));
    if (state === undefined || state.sequence <= sequence) return { sequence, gap: false, moved: false };
    if (!hasEncodersOf(collection, state)) return { sequence: state.sequence, gap: false, moved: true };
    const writes = await queries
      .select({ ids: changes.ids })
      .from(changes)
      .where(and(eq(changes.collection, collection.key), gt(changes.sequence, sequence)))
      .orderBy(asc(changes.sequence));
    const reached = state.sequence;
    const ids = [...new Set(writes.flatMap((write) => write.ids))];
    if (writes.length !== reached - sequence) return { sequence: reached, gap: true, moved: false };
    const defaults = defaultsOf(state);
    // Report the sequence even if the writes changed no anchor.
    for (let first = 0; first === 0 || first < ids.length; first += BATCH) {
      const some = ids.slice(first, first + BATCH);
      const upserts = await selectAnchors(queries, collection, some);
      const present = new Set(upserts.map(({ id }) => id));
      const deletes = some.filter((id) => !present.has(id));
      await onBatch({ reached: first + BATCH < ids.length ? null : reached, upserts, deletes, defaults });
    }
    return { sequence: reached, gap: false, moved: false };
  });
