import { and, eq, lt } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import type { Database } from "./database.ts";
import { changes } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** How long the list of changes is kept for other services and their snapshots. */
const KEPT_MS = 86_400_000;

/**
 * Deletes a collection's list of changes before `sequence`, as far as it is older than a day. Services follow each other by
 * the list; one that is further behind reads the whole collection again.
 *
 * @param now in milliseconds since 1970
 */
export const forgetChanges = async (
  database: Database,
  { key }: CollectionRecord,
  sequence: Sequence,
  now = Date.now(),
): Promise<void> => {
  const since = new Date(now - KEPT_MS);
  await database.write((queries) =>
    queries
      .delete(changes)
      .where(and(eq(changes.collection, key), lt(changes.sequence, sequence), lt(changes.createdAt, since))),
  );
};
