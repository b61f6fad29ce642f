import { and, asc, eq, gt } from "drizzle-orm";
import { bigint, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Database, Queries, Transaction } from "../../store/database.ts";
import { fromBytes, toBytes } from "../../store/float32.ts";
import { lockCollection, requireEncoders } from "../../store/lock-collection.ts";
import { anchors, bytea, collectionKey, sequenceColumn } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { AnchorId } from "../../types.ts";
import {
  idLines,
  readIdLines,
  selectEntries,
  type Layer,
  type LayerContent,
  type LayerRecord,
} from "./layer.ts";

/** The latest values of each layer of a collection's map. */
export const projections = pgTable(
  "projections",
  {
    collection: collectionKey(),
    layer: text("layer").$type<Layer>().notNull(),
    sequence: sequenceColumn(),
    seed: bigint("seed", { mode: "number" }).notNull(),
    fitted: integer("fitted").notNull(),
    at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
    /** One JSON string a line, as in the lists of ids that `verify-erasure` searches. */
    ids: bytea("ids").notNull(),
    /** A hash of each anchor's vectors, uint32. */
    prints: bytea("prints").notNull(),
    /** float32, one row an anchor. */
    numbers: bytea("numbers").notNull(),
  },
  (t) => [primaryKey({ columns: [t.collection, t.layer] })],
);

const recordColumns = {
  layer: projections.layer,
  sequence: projections.sequence,
  seed: projections.seed,
  fitted: projections.fitted,
  at: projections.at,
};
const contentColumns = { ids: projections.ids, prints: projections.prints, numbers: projections.numbers };

const contentOf = (row: { ids: Uint8Array; prints: Uint8Array; numbers: Uint8Array }): LayerContent => ({
  ids: readIdLines(row.ids),
  prints: new Uint32Array(fromBytes(row.prints).buffer),
  numbers: fromBytes(row.numbers),
});

const bytesOf = ({ ids, prints, numbers }: LayerContent) => ({
  ids: idLines(ids),
  prints: toBytes(new Float32Array(prints.buffer, prints.byteOffset, prints.length)),
  numbers: toBytes(numbers),
});

const isLayer = ({ key }: CollectionRecord, layer: Layer) =>
  and(eq(projections.collection, key), eq(projections.layer, layer));

/** The anchors that were written after `sequence`, with new vectors or without. */
const writtenAfter = async (
  queries: Queries,
  { key }: CollectionRecord,
  { sequence }: Pick<LayerRecord, "sequence">,
): Promise<ReadonlySet<AnchorId>> => {
  const rows = await queries
    .select({ id: anchors.id })
    .from(anchors)
    .where(and(eq(anchors.collection, key), gt(anchors.sequence, sequence)));
  return new Set(rows.map(({ id }) => id));
};

const idsOf = async (queries: Queries, { key }: CollectionRecord): Promise<ReadonlySet<AnchorId>> => {
  const rows = await queries.select({ id: anchors.id }).from(anchors).where(eq(anchors.collection, key));
  return new Set(rows.map(({ id }) => id));
};

/** @returns the ids that were written after the layer was computed */
export const findWrittenAfter = (
  database: Database,
  collection: CollectionRecord,
  record: Pick<LayerRecord, "sequence">,
): Promise<ReadonlySet<AnchorId>> => database.query((queries) => writtenAfter(queries, collection, record));

/**
 * Replaces the layer. Anchors that were deleted or written while it was computed are left out, so that nothing is stored
 * of what a compaction may have erased meanwhile.
 *
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it has moved to other encoders
 */
export const saveLayer = async (
  database: Database,
  collection: CollectionRecord,
  record: LayerRecord,
  content: LayerContent,
): Promise<void> => {
  await database.transaction(async ({ queries }) => {
    // No write comes between the look at the anchors and the end of this transaction.
    requireEncoders(collection, await lockCollection(queries, collection));
    const present = await idsOf(queries, collection);
    const written = await writtenAfter(queries, collection, record);
    const kept = selectEntries(content, (id) => present.has(id) && !written.has(id));
    const row = { ...record, ...bytesOf(kept) };
    await queries
      .insert(projections)
      .values({ collection: collection.key, ...row })
      .onConflictDoUpdate({ target: [projections.collection, projections.layer], set: row });
  });
};

/** What is known of each layer, without its content, in the order of their names. */
export const listLayers = (database: Database, { key }: CollectionRecord): Promise<LayerRecord[]> =>
  database.query((queries) =>
    queries
      .select(recordColumns)
      .from(projections)
      .where(eq(projections.collection, key))
      .orderBy(asc(projections.layer)),
  );

/** @returns null if the layer has been removed */
export const findLayerContent = async (
  database: Database,
  collection: CollectionRecord,
  layer: Layer,
): Promise<LayerContent | null> => {
  const [row] = await database.query((queries) =>
    queries.select(contentColumns).from(projections).where(isLayer(collection, layer)),
  );
  return row === undefined ? null : contentOf(row);
};

/**
 * Removes anchors from every layer of a collection, and layers of which nothing is left.
 *
 * @param keeps whether an anchor of a layer is kept; `written` are the ids that were written after it was computed
 */
export const pruneLayers = async (
  database: Database,
  collection: CollectionRecord,
  keeps: (layer: Layer, id: AnchorId, print: number, written: ReadonlySet<AnchorId>) => boolean,
): Promise<void> => {
  const layers = await listLayers(database, collection);
  for (const { layer } of layers)
    await database.transaction(async ({ queries }) => {
      await lockCollection(queries, collection);
      const [row] = await queries.select().from(projections).where(isLayer(collection, layer));
      if (row === undefined) return;
      const content = contentOf(row);
      const written = await writtenAfter(queries, collection, row);
      const kept = selectEntries(content, (id, print) => keeps(layer, id, print, written));
      if (kept.ids.length === content.ids.length) return;
      if (kept.ids.length === 0) await queries.delete(projections).where(isLayer(collection, layer));
      else await queries.update(projections).set(bytesOf(kept)).where(isLayer(collection, layer));
    });
};

/** Deletes all layers in the transaction that moves the collection to other encoders. */
export const removeLayers = async ({ queries }: Transaction, { key }: CollectionRecord): Promise<void> => {
  await queries.delete(projections).where(eq(projections.collection, key));
};
