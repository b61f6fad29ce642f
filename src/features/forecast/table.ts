import { and, asc, eq, gt, isNotNull, lt, sql } from "drizzle-orm";
import { bigint, jsonb, pgTable, timestamp } from "drizzle-orm/pg-core";
import { AnchorageError } from "../../errors.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { holdCollection, lockCollection } from "../../store/lock-collection.ts";
import { collectionKey, collections, receipts } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { CollectionName, Sequence } from "../../types.ts";
import type { ForecastFindings, ForecastRequest } from "./api.ts";

type Pending = Omit<ForecastRequest, "minSequence">;

/** The latest forecast of each collection, and what the one that runs has measured so far. */
export const forecastResults = pgTable("forecasts", {
  collection: collectionKey().primaryKey(),
  /** The request of a forecast that has not ended; null if there is none. */
  pending: jsonb("pending").$type<Pending>(),
  /** The collection's sequence that `steps` were measured at. */
  stepsAt: bigint("steps_at", { mode: "number" }).$type<Sequence>(),
  /** Ranks by step, so that an interrupted forecast goes on where it stopped. */
  steps: jsonb("steps").$type<Record<string, readonly number[]>>(),
  /** The collection's sequence that was measured; null before the first forecast has ended, and once it is removed. */
  sequence: bigint("sequence", { mode: "number" }).$type<Sequence>(),
  at: timestamp("at", { withTimezone: true, precision: 3 }),
  content: jsonb("content").$type<ForecastFindings>(),
});

/** A finished forecast. */
export interface ForecastRecord {
  readonly at: Date;
  readonly content: ForecastFindings;
}

const NO_RESULT = { sequence: null, at: null, content: null };
const NO_STEPS = { stepsAt: null, steps: null };

/**
 * Remembers what a forecast was asked for, so that it can go on later.
 *
 * @returns what an interrupted run of the same request measured at the same sequence
 */
export const savePendingForecast = async (
  database: Database,
  collection: CollectionRecord,
  pending: Pending,
  sequence: Sequence,
): Promise<ReadonlyMap<string, readonly number[]>> =>
  database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    const [before] = await queries
      .select({
        same: sql<boolean>`${forecastResults.pending} = ${JSON.stringify(pending)}::jsonb`,
        stepsAt: forecastResults.stepsAt,
        steps: forecastResults.steps,
      })
      .from(forecastResults)
      .where(eq(forecastResults.collection, collection.key));
    const known =
      before?.same === true && before.stepsAt === sequence && before.steps !== null ? before.steps : {};
    const row = { pending, stepsAt: sequence, steps: known };
    await queries
      .insert(forecastResults)
      .values({ collection: collection.key, ...row })
      .onConflictDoUpdate({ target: forecastResults.collection, set: row });
    return new Map(Object.entries(known));
  });

/** Keeps a finished step; steps of another sequence, or removed ones, are left as they are. */
export const saveStep = async (
  database: Database,
  { key }: CollectionRecord,
  sequence: Sequence,
  step: string,
  ranks: readonly number[],
): Promise<void> => {
  const added = JSON.stringify({ [step]: ranks });
  await database.write((queries) =>
    queries
      .update(forecastResults)
      .set({ steps: sql`${forecastResults.steps} || ${added}::jsonb` })
      .where(and(eq(forecastResults.collection, key), eq(forecastResults.stepsAt, sequence))),
  );
};

/** Forgets the request of a forecast that was cancelled or failed. */
export const removePendingForecast = async (database: Database, { key }: CollectionRecord): Promise<void> => {
  await database.write((queries) =>
    queries
      .update(forecastResults)
      .set({ pending: null, ...NO_STEPS })
      .where(eq(forecastResults.collection, key)),
  );
};

/** The collections with a forecast that has not ended, and its request. */
export const listPendingForecasts = async (
  database: Database,
): Promise<{ name: CollectionName; pending: Pending | null }[]> =>
  database.query((queries) =>
    queries
      .select({ name: collections.name, pending: forecastResults.pending })
      .from(forecastResults)
      .innerJoin(collections, eq(collections.key, forecastResults.collection))
      .where(isNotNull(forecastResults.pending))
      .orderBy(asc(collections.name)),
  );

/**
 * Replaces the previous forecast.
 *
 * @throws AnchorageError `conflict` if anchors that were measured have been deleted since
 */
export const saveForecast = async (
  database: Database,
  collection: CollectionRecord,
  { at, content }: ForecastRecord,
): Promise<void> => {
  const { key, name } = collection;
  await database.transaction(async ({ queries }) => {
    // A deletion is recorded either before this row, and then it is refused, or after it, and then the row goes.
    await lockCollection(queries, collection);
    const [deletion] = await queries
      .select({ id: receipts.id })
      .from(receipts)
      .where(and(eq(receipts.collection, key), gt(receipts.sequence, content.sequence)))
      .limit(1);
    if (deletion !== undefined)
      throw new AnchorageError(
        "conflict",
        `Anchors of "${name}" that were measured were deleted meanwhile; forecast again.`,
      );
    const row = { pending: null, ...NO_STEPS, sequence: content.sequence, at, content };
    await queries
      .insert(forecastResults)
      .values({ collection: key, ...row })
      .onConflictDoUpdate({ target: forecastResults.collection, set: row });
  });
};

/** @returns null if there is none, or if it was removed */
export const findForecast = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<ForecastRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ at: forecastResults.at, content: forecastResults.content })
      .from(forecastResults)
      .where(eq(forecastResults.collection, key)),
  );
  if (row?.at == null || row.content === null) return null;
  return { at: row.at, content: row.content };
};

/** Deletes what was measured, in the transaction that deletes anchors or moves the collection to other encoders. */
export const removeMeasured = async ({ queries }: Transaction, { key }: CollectionRecord): Promise<void> => {
  await queries
    .update(forecastResults)
    .set({ ...NO_RESULT, ...NO_STEPS })
    .where(eq(forecastResults.collection, key));
};

/** Deletes what was measured before `sequence`, because anchors may have been replaced since. */
export const forgetMeasured = async (
  database: Database,
  { key }: CollectionRecord,
  before: Sequence,
): Promise<void> => {
  await database.write(async (queries) => {
    await queries
      .update(forecastResults)
      .set(NO_RESULT)
      .where(and(eq(forecastResults.collection, key), lt(forecastResults.sequence, before)));
    await queries
      .update(forecastResults)
      .set(NO_STEPS)
      .where(and(eq(forecastResults.collection, key), lt(forecastResults.stepsAt, before)));
  });
};
