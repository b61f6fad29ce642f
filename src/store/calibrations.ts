import { and, asc, eq, lt } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import type { Database } from "./database.ts";
import { holdCollection } from "./lock-collection.ts";
import { calibrations } from "./schema.ts";
import type { CalibrationRecord, CollectionRecord } from "./types.ts";

const columns = {
  subject: calibrations.subject,
  sequence: calibrations.sequence,
  at: calibrations.at,
  content: calibrations.content,
};

export const saveCalibration = async (
  database: Database,
  collection: CollectionRecord,
  record: CalibrationRecord,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    await queries
      .insert(calibrations)
      .values({ collection: collection.key, ...record })
      .onConflictDoUpdate({ target: [calibrations.collection, calibrations.subject], set: record });
  });
};

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
