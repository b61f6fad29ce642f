import { and, eq } from "drizzle-orm";
import type { Sequence } from "../types.ts";
import type { Database } from "./database.ts";
import { changes } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/**
 * Identifies the write at a sequence; null if there is none. It differs between the writes that a database and its
 * restored backup make at the same sequence.
 */
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
