import { eq } from "drizzle-orm";
import type { CollectionDefaults, Sequence } from "../types.ts";
import { defaultColumns, defaultsOf, rowOfDefaults } from "./collections.ts";
import type { Database } from "./database.ts";
import { lockCollection } from "./lock-collection.ts";
import { announcement } from "./news.ts";
import { changes, collections } from "./schema.ts";
import type { CollectionRecord, StoredChange } from "./types.ts";

/**
 * Changes the default query parameters of a collection. The change is recorded as a write with its own sequence, so that
 * answers at one sequence are the same in every process.
 *
 * @throws AnchorageError `not-found` if the collection is gone
 */
export const changeDefaults = async (
  database: Database,
  collection: CollectionRecord,
  changed: StoredChange,
): Promise<{ readonly sequence: Sequence; readonly defaults: CollectionDefaults }> =>
  database.transaction(async ({ queries }) => {
    const { key } = collection;
    const current = await lockCollection(queries, collection);
    const sequence = (current.sequence + 1) as Sequence;
    await queries.insert(changes).values({ collection: key, sequence, kind: "defaults", ids: [] });
    const [row] = await queries
      .update(collections)
      .set({ ...rowOfDefaults(changed), sequence })
      .where(eq(collections.key, key))
      .returning({ ...defaultColumns, announced: announcement({ collection: key, sequence }) });
    if (row === undefined) throw new Error(`collection ${collection.name} was not written`);
    return { sequence, defaults: defaultsOf(row) };
  });
