import { desc, eq } from "drizzle-orm";
import { bigint, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { CollectionName, JsonValue } from "../../types.ts";
import type { Database } from "../../store/database.ts";
import { holdByName } from "../../store/lock-collection.ts";
import { bytea, collectionKey, collections, encoderKey, momentNow } from "../../store/schema.ts";

/** Cache of label vectors by text encoder and SHA-256 of the text; `data` as in `vectors`. */
export const labelVectors = pgTable(
  "label_vectors",
  {
    collection: collectionKey(),
    encoderKey: encoderKey("encoder_key"),
    hash: bytea("hash").notNull(),
    data: bytea("data").notNull(),
  },
  (t) => [primaryKey({ columns: [t.collection, t.encoderKey, t.hash] })],
);

export const selections = pgTable("selections", {
  id: text("id").primaryKey(),
  /** Null if the selection does not belong to a collection. */
  collection: bigint("collection", { mode: "number" }).references(() => collections.key, {
    onDelete: "cascade",
  }),
  createdAt: momentNow("created_at"),
  content: jsonb("content").$type<JsonValue>().notNull(),
});

/** What a model selection came to. */
export interface SelectionRecord {
  readonly id: string;
  /** Null where it is not of a collection; else it goes with that. */
  readonly collection: CollectionName | null;
  readonly createdAt: Date;
  /** A `Selection`; nothing but this feature writes it. */
  readonly content: JsonValue;
}

const columns = {
  id: selections.id,
  collection: collections.name,
  createdAt: selections.createdAt,
  content: selections.content,
};

/** @throws AnchorageError `not-found` where the collection is gone */
export const saveSelection = async (
  database: Database,
  { id, collection, createdAt, content }: SelectionRecord,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    const key = collection === null ? null : await holdByName(queries, collection);
    await queries.insert(selections).values({ id, collection: key, createdAt, content });
  });
};

export const findSelection = async (database: Database, id: string): Promise<SelectionRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select(columns)
      .from(selections)
      .leftJoin(collections, eq(collections.key, selections.collection))
      .where(eq(selections.id, id)),
  );
  return row ?? null;
};

/** Newest first, at most `limit`. */
export const listSelections = async (database: Database, limit: number): Promise<SelectionRecord[]> =>
  database.query((queries) =>
    queries
      .select(columns)
      .from(selections)
      .leftJoin(collections, eq(collections.key, selections.collection))
      .orderBy(desc(selections.createdAt), desc(selections.id))
      .limit(limit),
  );

/** False where there was none. */
export const removeSelection = async (database: Database, id: string): Promise<boolean> => {
  const gone = await database.write((queries) =>
    queries.delete(selections).where(eq(selections.id, id)).returning({ id: selections.id }),
  );
  return gone.length > 0;
};
