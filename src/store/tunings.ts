import { eq } from "drizzle-orm";
import { notFound } from "../errors.ts";
import type { Database } from "./database.ts";
import { collections, tunings } from "./schema.ts";
import type { CollectionRecord, TuningRecord } from "./types.ts";

export const saveTuning = async (
  database: Database,
  { key, name }: CollectionRecord,
  record: TuningRecord,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    const [collection] = await queries
      .select({ key: collections.key })
      .from(collections)
      .where(eq(collections.key, key))
      .for("key share");
    if (collection === undefined) throw notFound("collection", name);
    await queries
      .insert(tunings)
      .values({ collection: key, ...record })
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
