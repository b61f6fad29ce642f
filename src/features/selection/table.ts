import { desc, eq } from "drizzle-orm";
import { notFound } from "../../errors.ts";
import type { CollectionName, JsonValue } from "../../types.ts";
import type { Database, Queries } from "../../store/database.ts";
import { collections, selections } from "../../store/schema.ts";

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
    const key = collection === null ? null : await keyOf(queries, collection);
    await queries.insert(selections).values({ id, collection: key, createdAt, content });
  });
};

const keyOf = async (queries: Queries, name: CollectionName): Promise<number> => {
  const [found] = await queries
    .select({ key: collections.key })
    .from(collections)
    .where(eq(collections.name, name))
    .for("key share");
  if (found === undefined) throw notFound("collection", name);
  return found.key;
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
  const gone = await database.query((queries) =>
    queries.delete(selections).where(eq(selections.id, id)).returning({ id: selections.id }),
  );
  return gone.length > 0;
};
