import { and, asc, eq, gt, lt } from "drizzle-orm";
import { AnchorageError } from "../../errors.ts";
import type { Sequence } from "../../types.ts";
import type { Database } from "../../store/database.ts";
import { lockCollection } from "../../store/lock-collection.ts";
import { calibrations, receipts } from "../../store/schema.ts";
import type { CalibrationRecord, CollectionRecord } from "../../store/types.ts";

const columns = {
  subject: calibrations.subject,
  sequence: calibrations.sequence,
  at: calibrations.at,
  content: calibrations.content,
};

/**
 * In place of the last one of the same subject.
 *
 * @throws AnchorageError `conflict` where anchors that were there at its sequence have been erased since
 */
export const saveCalibration = async (
  database: Database,
  collection: CollectionRecord,
  record: CalibrationRecord,
): Promise<void> => {
  const { key, name } = collection;
  await database.transaction(async ({ queries }) => {
    // An erasure is put on record before this or after it, and then removes what is written here.
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

/** In the order of their subjects. */
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

/** Removes those that were measured before `sequence`, and says how many. */
export const removeCalibrations = async (
  database: Database,
  { key }: CollectionRecord,
  before: Sequence,
): Promise<number> => {
  const gone = await database.query((queries) =>
    queries
      .delete(calibrations)
      .where(and(eq(calibrations.collection, key), lt(calibrations.sequence, before)))
      .returning({ subject: calibrations.subject }),
  );
  return gone.length;
};
