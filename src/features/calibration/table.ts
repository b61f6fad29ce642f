import { and, asc, eq, gt, lt } from "drizzle-orm";
import { jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { AnchorageError } from "../../errors.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { lockCollection } from "../../store/lock-collection.ts";
import { collectionKey, receipts, sequenceColumn } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { Sequence } from "../../types.ts";
import type { Calibration } from "./types.ts";

/** The latest calibration of each collection and subject. */
export const calibrations = pgTable(
  "calibrations",
  {
    collection: collectionKey(),
    subject: text("subject").notNull(),
    sequence: sequenceColumn(),
    at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
    content: jsonb("content").$type<Calibration>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.collection, t.subject] })],
);

/** A measured calibration of the certainty of answers under given settings. */
export interface CalibrationRecord {
  /** The settings in canonical form: equal settings give equal texts. */
  readonly subject: string;
  /** The collection's sequence at the time of the measurement. */
  readonly sequence: Sequence;
  readonly at: Date;
  readonly content: Calibration;
}

const columns = {
  subject: calibrations.subject,
  sequence: calibrations.sequence,
  at: calibrations.at,
  content: calibrations.content,
};

/**
 * Replaces the previous calibration of the same subject.
 *
 * @throws AnchorageError `conflict` if anchors that existed at its sequence have been erased since
 */
export const saveCalibration = async (
  database: Database,
  collection: CollectionRecord,
  record: CalibrationRecord,
): Promise<void> => {
  const { key, name } = collection;
  await database.transaction(async ({ queries }) => {
    // An erasure is recorded either before this row or after it; in the second case it removes the row.
    await lockCollection(queries, collection);
    const [erasure] = await queries
      .select({ id: receipts.id })
      .from(receipts)
      .where(
        and(
          eq(receipts.collection, key),
          eq(receipts.kind, "erasure"),
          gt(receipts.sequence, record.sequence),
        ),
      )
      .limit(1);
    if (erasure !== undefined)
      throw new AnchorageError(
        "conflict",
        `Anchors of "${name}" that the calibration was measured with were erased meanwhile; calibrate again.`,
      );
    await queries
      .insert(calibrations)
      .values({ collection: key, ...record })
      .onConflictDoUpdate({ target: [calibrations.collection, calibrations.subject], set: record });
  });
};

/** Sorted by subject. */
export const listCalibrations = (
  database: Database,
  { key }: CollectionRecord,
): Promise<CalibrationRecord[]> =>
  database.query((queries) =>
    queries
      .select(columns)
      .from(calibrations)
      .where(eq(calibrations.collection, key))
      .orderBy(asc(calibrations.subject)),
  );

export const findCalibration = async (
  database: Database,
  { key }: CollectionRecord,
  subject: string,
): Promise<CalibrationRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select(columns)
      .from(calibrations)
      .where(and(eq(calibrations.collection, key), eq(calibrations.subject, subject))),
  );
  return row ?? null;
};

/**
 * Deletes calibrations measured before `sequence`, because they contain traces of anchors that may be deleted since.
 */
export const removeCalibrations = async (
  database: Database,
  { key }: CollectionRecord,
  before: Sequence,
): Promise<void> => {
  await database.write((queries) =>
    queries
      .delete(calibrations)
      .where(and(eq(calibrations.collection, key), lt(calibrations.sequence, before))),
  );
};

/** Deletes all of them in the transaction that moves the collection to other encoders. */
export const removeAllCalibrations = async (
  { queries }: Transaction,
  { key }: CollectionRecord,
): Promise<void> => {
  await queries.delete(calibrations).where(eq(calibrations.collection, key));
};
