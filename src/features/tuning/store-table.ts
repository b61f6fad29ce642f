import { eq } from "drizzle-orm";
import type { Database } from "../../store/database.ts";
import { holdCollection } from "../../store/lock-collection.ts";
import { tunings } from "../../store/schema.ts";
import type { CollectionRecord, TuningRecord } from "../../store/types.ts";

/** In place of the collection's last one. */
export const saveTuning = async (
  database: Database,
  collection: CollectionRecord,
  record: TuningRecord,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    await queries
      .insert(tunings)
      .values({ collection: collection.key, ...record })
      .onConflictDoUpdate({ target: tunings.collection, set: record });
  });
};

export const findTuning = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<TuningRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ at: tunings.at, appliedAt: tunings.appliedAt, tuning: tunings.tuning })
      .from(tunings)
      .where(eq(tunings.collection, key)),
  );
  return row ?? null;
};
