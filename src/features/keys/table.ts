import { asc, eq, isNull, and } from "drizzle-orm";
import { integer, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Scope } from "../../http/access.ts";
import type { Database } from "../../store/database.ts";
import { bytea, momentNow } from "../../store/schema.ts";
import type { CollectionName } from "../../types.ts";

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** API keys. Of the key itself there is only a hash: a copy of the database opens nothing. */
export const apiKeys = pgTable("api_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** SHA-256 of the whole key. */
  hash: bytea("hash").notNull(),
  scope: text("scope").$type<Scope>().notNull(),
  collections: jsonb("collections").$type<readonly CollectionName[]>(),
  perMinute: integer("per_minute"),
  createdAt: momentNow("created_at"),
  expiresAt: moment("expires_at"),
  revokedAt: moment("revoked_at"),
});

export type KeyRow = typeof apiKeys.$inferSelect;

export const insertKey = async (database: Database, row: KeyRow): Promise<void> => {
  await database.write((queries) => queries.insert(apiKeys).values(row));
};

/** The oldest first, revoked ones too. */
export const listKeys = (database: Database): Promise<KeyRow[]> =>
  database.query((queries) =>
    queries.select().from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id)),
  );

/** @returns the key as it is now; null where there is none. One that is revoked already keeps its time. */
export const revokeKey = async (database: Database, id: string, at: Date): Promise<KeyRow | null> => {
  const [row] = await database.write(async (queries) => {
    await queries
      .update(apiKeys)
      .set({ revokedAt: at })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)));
    return queries.select().from(apiKeys).where(eq(apiKeys.id, id));
  });
  return row ?? null;
};
