import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import { bigint, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { CollectionName, JsonValue, Sequence } from "../../types.ts";
import type { Database, Queries } from "../../store/database.ts";
import { holdByName } from "../../store/lock-collection.ts";
import { byteOrderedText, bytea, collections, momentNow } from "../../store/schema.ts";

/** A null `content` means removed; the row remains, so that its version number is not reused. */
export const adapters = pgTable(
  "adapters",
  {
    id: byteOrderedText("id").notNull(),
    version: integer("version").notNull(),
    sha256: text("sha256").notNull(),
    /** Null if it was not trained on a collection. */
    collection: bigint("collection", { mode: "number" }).references(() => collections.key, {
      onDelete: "cascade",
    }),
    sequence: bigint("sequence", { mode: "number" }).$type<Sequence>(),
    createdAt: momentNow("created_at"),
    settings: jsonb("settings").$type<JsonValue>(),
    content: bytea("content"),
  },
  (t) => [primaryKey({ columns: [t.id, t.version] })],
);

/** An adapter to be stored; `adapter/record.ts` declares its settings and its content. */
export interface NewAdapter {
  readonly id: string;
  /** Of the content. */
  readonly sha256: string;
  /** The collection it was trained on, with which it is deleted, and at which sequence; null where made elsewhere. */
  readonly collection: CollectionName | null;
  readonly sequence: Sequence | null;
  readonly createdAt: Date;
  readonly settings: JsonValue;
}

export interface AdapterRecord extends NewAdapter {
  /** 1 for the first of this id; no number is given twice. */
  readonly version: number;
  readonly bytes: number;
}

const columns = {
  id: adapters.id,
  version: adapters.version,
  sha256: adapters.sha256,
  collection: collections.name,
  sequence: adapters.sequence,
  createdAt: adapters.createdAt,
  settings: adapters.settings,
  bytes: sql<number>`octet_length(${adapters.content})`,
};

const select = (queries: Queries) =>
  queries.select(columns).from(adapters).leftJoin(collections, eq(collections.key, adapters.collection));

/** One that was removed leaves its number, so that no other has it. */
const isThere = isNotNull(adapters.content);

/**
 * Keeps a new version, unless the newest of this id has the same content.
 *
 * @throws AnchorageError `not-found` where the collection is gone
 */
export const saveAdapter = async (
  database: Database,
  adapter: NewAdapter,
  content: Uint8Array,
): Promise<{ readonly adapter: AdapterRecord; readonly isNew: boolean }> =>
  database.transaction(async ({ queries }) => {
    const { id, sha256, createdAt, settings, sequence } = adapter;
    // Those who write one id take turns, so that versions have neither gaps nor twins.
    await queries.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`adapter ${id}`}, 0))`);
    const [newest] = await select(queries)
      .where(eq(adapters.id, id))
      .orderBy(desc(adapters.version))
      .limit(1);
    if (newest?.sha256 === sha256 && newest.settings !== null) return { adapter: newest, isNew: false };
    const collection = adapter.collection === null ? null : await holdByName(queries, adapter.collection);
    const version = (newest?.version ?? 0) + 1;
    await queries
      .insert(adapters)
      .values({ id, version, sha256, collection, sequence, createdAt, settings, content });
    return { adapter: { ...adapter, version, bytes: content.byteLength }, isNew: true };
  });

/** The adapters that were trained on a collection and are kept, such as `adapter captions@2`. */
export const trainedOn = async (queries: Queries, collection: number): Promise<string[]> => {
  const rows = await queries
    .select({ id: adapters.id, version: adapters.version })
    .from(adapters)
    .where(and(eq(adapters.collection, collection), isThere))
    .orderBy(asc(adapters.id), asc(adapters.version));
  return rows.map(({ id, version }) => `adapter ${id}@${version}`);
};

const named = (id: string, version: number | null) =>
  and(eq(adapters.id, id), version === null ? undefined : eq(adapters.version, version), isThere);

/** @param version the newest where null */
export const findAdapter = async (
  database: Database,
  id: string,
  version: number | null,
): Promise<AdapterRecord | null> => {
  const [found] = await database.query((queries) =>
    select(queries).where(named(id, version)).orderBy(desc(adapters.version)).limit(1),
  );
  return found ?? null;
};

export const adapterContent = async (
  database: Database,
  id: string,
  version: number,
): Promise<Uint8Array | null> => {
  const [found] = await database.query((queries) =>
    queries.select({ content: adapters.content }).from(adapters).where(named(id, version)),
  );
  return found?.content ?? null;
};

/** Newest first, at most `limit`. */
export const listAdapters = async (database: Database, limit: number): Promise<AdapterRecord[]> =>
  database.query((queries) =>
    select(queries)
      .where(isThere)
      .orderBy(desc(adapters.createdAt), adapters.id, desc(adapters.version))
      .limit(limit),
  );

/** Every version where it is null. @returns how many are gone */
export const removeAdapters = async (
  database: Database,
  id: string,
  version: number | null,
): Promise<number> => {
  const gone = await database.write((queries) =>
    queries
      .update(adapters)
      .set({ content: null, settings: null })
      .where(named(id, version))
      .returning({ version: adapters.version }),
  );
  return gone.length;
};
