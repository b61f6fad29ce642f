import { and, desc, eq } from "drizzle-orm";
import { jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Database } from "../../store/database.ts";
import { holdCollection } from "../../store/lock-collection.ts";
import { collectionKey } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { SignedReportBody } from "./api.ts";

/** Signed reports of erasures; they name no deleted anchor. */
export const erasureReports = pgTable("erasure_reports", {
  /** Of the job that made it. */
  id: text("id").primaryKey(),
  collection: collectionKey(),
  at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
  content: jsonb("content").$type<SignedReportBody>().notNull(),
});

const LISTED = 1_000;

export const saveReport = async (
  database: Database,
  collection: CollectionRecord,
  report: { readonly id: string; readonly at: Date; readonly content: SignedReportBody },
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    await queries.insert(erasureReports).values({ collection: collection.key, ...report });
  });
};

/** @returns null if the collection has no such report */
export const findReport = async (
  database: Database,
  { key }: CollectionRecord,
  id: string,
): Promise<SignedReportBody | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ content: erasureReports.content })
      .from(erasureReports)
      .where(and(eq(erasureReports.collection, key), eq(erasureReports.id, id))),
  );
  return row?.content ?? null;
};

/** The newest first, at most 1,000. */
export const listReports = (
  database: Database,
  { key }: CollectionRecord,
): Promise<{ id: string; at: Date; content: SignedReportBody }[]> =>
  database.query((queries) =>
    queries
      .select({ id: erasureReports.id, at: erasureReports.at, content: erasureReports.content })
      .from(erasureReports)
      .where(eq(erasureReports.collection, key))
      .orderBy(desc(erasureReports.at))
      .limit(LISTED),
  );
