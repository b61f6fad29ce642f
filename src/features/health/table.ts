import { and, asc, eq, gt, isNotNull, lt } from "drizzle-orm";
import { bigint, jsonb, pgTable, timestamp } from "drizzle-orm/pg-core";
import { AnchorageError } from "../../errors.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { holdCollection, lockCollection } from "../../store/lock-collection.ts";
import { collectionKey, collections, receipts } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { CollectionName, Sequence } from "../../types.ts";
import type { CheckFindings, CheckRequest } from "./api.ts";

/** The latest check of each collection, and the one that runs. */
export const checkResults = pgTable("checks", {
  collection: collectionKey().primaryKey(),
  /** The request of a check that has not ended; null if there is none. */
  pending: jsonb("pending").$type<Omit<CheckRequest, "minSequence">>(),
  /** The collection's sequence that was checked; null before the first check has ended, and once its result is erased. */
  sequence: bigint("sequence", { mode: "number" }).$type<Sequence>(),
  at: timestamp("at", { withTimezone: true, precision: 3 }),
  content: jsonb("content").$type<CheckFindings>(),
});

/** A finished check. */
export interface CheckRecord {
  readonly at: Date;
  readonly content: CheckFindings;
}

const NO_RESULT = { sequence: null, at: null, content: null };

/** Remembers what a check was asked for, so that it can be started again. */
export const savePending = async (
  database: Database,
  collection: CollectionRecord,
  pending: Omit<CheckRequest, "minSequence">,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    await queries
      .insert(checkResults)
      .values({ collection: collection.key, pending })
      .onConflictDoUpdate({ target: checkResults.collection, set: { pending } });
  });
};

/** Forgets the request of a check that was cancelled or failed. */
export const removePending = async (database: Database, { key }: CollectionRecord): Promise<void> => {
  await database.write((queries) =>
    queries.update(checkResults).set({ pending: null }).where(eq(checkResults.collection, key)),
  );
};

/** The collections with a check that has not ended, and its request. */
export const listPending = async (
  database: Database,
): Promise<{ name: CollectionName; pending: Omit<CheckRequest, "minSequence"> | null }[]> =>
  database.query((queries) =>
    queries
      .select({ name: collections.name, pending: checkResults.pending })
      .from(checkResults)
      .innerJoin(collections, eq(collections.key, checkResults.collection))
      .where(isNotNull(checkResults.pending))
      .orderBy(asc(collections.name)),
  );

/**
 * Replaces the result of the previous check.
 *
 * @throws AnchorageError `conflict` if anchors that were checked have been erased since
 */
export const saveCheck = async (
  database: Database,
  collection: CollectionRecord,
  { at, content }: CheckRecord,
): Promise<void> => {
  const { key, name } = collection;
  await database.transaction(async ({ queries }) => {
    // An erasure is recorded either before this row, and then it is refused, or after it, and then the row goes.
    await lockCollection(queries, collection);
    const [erasure] = await queries
      .select({ id: receipts.id })
      .from(receipts)
      .where(
        and(
          eq(receipts.collection, key),
          eq(receipts.kind, "erasure"),
          gt(receipts.sequence, content.sequence),
        ),
      )
      .limit(1);
    if (erasure !== undefined)
      throw new AnchorageError("conflict", `Anchors of "${name}" were erased during the check; check again.`);
    const row = { pending: null, sequence: content.sequence, at, content };
    await queries
      .insert(checkResults)
      .values({ collection: key, ...row })
      .onConflictDoUpdate({ target: checkResults.collection, set: row });
  });
};

/** @returns null if the collection was never checked, or if the result was erased */
export const findCheck = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<CheckRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ at: checkResults.at, content: checkResults.content })
      .from(checkResults)
      .where(eq(checkResults.collection, key)),
  );
  if (row?.at == null || row.content === null) return null;
  return { at: row.at, content: row.content };
};

/** Deletes the result of a check from before `sequence`, which names anchors that may be deleted since. */
export const removeCheck = async (
  database: Database,
  { key }: CollectionRecord,
  before: Sequence,
): Promise<void> => {
  await database.write((queries) =>
    queries
      .update(checkResults)
      .set(NO_RESULT)
      .where(and(eq(checkResults.collection, key), lt(checkResults.sequence, before))),
  );
};

/** Deletes the result in the transaction that moves the collection to other encoders. */
export const removeMovedCheck = async (
  { queries }: Transaction,
  { key }: CollectionRecord,
): Promise<void> => {
  await queries.update(checkResults).set(NO_RESULT).where(eq(checkResults.collection, key));
};
