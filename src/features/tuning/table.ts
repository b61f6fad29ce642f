import { eq } from "drizzle-orm";
import { bigint, jsonb, pgTable, timestamp } from "drizzle-orm/pg-core";
import type { Database, Transaction } from "../../store/database.ts";
import { holdCollection } from "../../store/lock-collection.ts";
import { collectionKey } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { Sequence } from "../../types.ts";
import type { TuningFindings } from "./api.ts";

/** The latest tuning of each collection. */
export const tunings = pgTable("tunings", {
  collection: collectionKey().primaryKey(),
  at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
  /** The collection's sequence at which it took effect; null if it was not applied. */
  appliedAt: bigint("applied_at", { mode: "number" }).$type<Sequence>(),
  tuning: jsonb("tuning").$type<TuningFindings>().notNull(),
});

/** The result of a tuning, and whether queries use it. */
export interface TuningRecord {
  readonly at: Date;
  /** Null if it was not applied. */
  readonly appliedAt: Sequence | null;
  readonly tuning: TuningFindings;
}

/** Replaces the collection's previous tuning. */
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

/** @returns null if the collection was never tuned */
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

export const removeTuning = async ({ queries }: Transaction, { key }: CollectionRecord): Promise<void> => {
  await queries.delete(tunings).where(eq(tunings.collection, key));
};
