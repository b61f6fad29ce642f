import { and, eq } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import type { Database } from "./database.ts";
import { changes } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** What tells the write of that sequence from any other, as in a database that was restored and then written on. */
export const writeMark = async (
  database: Database,
  { key }: CollectionRecord,
  sequence: Sequence,
): Promise<string | null> => {
  const [write] = await database.query((queries) =>
    queries
      .select({ kind: changes.kind, createdAt: changes.createdAt })
      .from(changes)
      .where(and(eq(changes.collection, key), eq(changes.sequence, sequence))),
  );
  return write === undefined ? null : `${write.kind} ${write.createdAt.toISOString()}`;
};
