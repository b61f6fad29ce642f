import { and, asc, eq, gt } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import { selectAnchors } from "./anchor-reads.ts";
import { defaultColumns, defaultsOf } from "./collections.ts";
import type { Database } from "./database.ts";
import { encoderKeys, hasEncodersOf } from "./lock-collection.ts";
import { changes, collections } from "./schema.ts";
import type { CaughtUp, CollectionRecord, SinceBatch } from "./types.ts";

/** Of one write, so that what any single write left is given at once. */
const BATCH = 10_000;

/** What the writes to a collection after `sequence` left, in batches; nothing where the collection is gone. */
export const readSince = async (
  database: Database,
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
    // A write may have changed no anchor; its sequence is told all the same.
    for (let first = 0; first === 0 || first < ids.length; first += BATCH) {
      const some = ids.slice(first, first + BATCH);
      const upserts = await selectAnchors(queries, collection, some);
      const present = new Set(upserts.map(({ id }) => id));
      const deletes = some.filter((id) => !present.has(id));
      await onBatch({ reached: first + BATCH < ids.length ? null : reached, upserts, deletes, defaults });
    }
    return { sequence: reached, gap: false, moved: false };
  });
