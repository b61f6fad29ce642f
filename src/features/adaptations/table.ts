import { and, asc, eq, gt, isNull, lt, or } from "drizzle-orm";
import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { AnchorageError } from "../../errors.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { fromBytes, toBytes } from "../../store/float32.ts";
import { lockCollection, requireEncoders } from "../../store/lock-collection.ts";
import { bytea, collectionKey, receipts, sequenceColumn } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";
import type { Sequence } from "../../types.ts";
import type { StyleAlignment } from "./align.ts";
import type { AdaptationDetail, ImageSource } from "./api.ts";

/** How an adaptation is fitted again. */
export interface AdaptationRecipe {
  readonly from: ImageSource | null;
  readonly covariance: boolean | null;
  readonly seed: number;
}

/** Alignments with other images, without these images. */
export const adaptations = pgTable(
  "adaptations",
  {
    collection: collectionKey(),
    id: text("id").notNull(),
    sequence: sequenceColumn(),
    at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
    /** The collection that the images are in; it may be gone. */
    sourceKey: bigint("source_key", { mode: "number" }),
    sourceSequence: bigint("source_sequence", { mode: "number" }).$type<Sequence>(),
    recipe: jsonb("recipe").$type<AdaptationRecipe>().notNull(),
    detail: jsonb("detail").$type<AdaptationDetail>().notNull(),
    /** float32: both means, then the matrix; null once a compaction has erased it. */
    numbers: bytea("numbers"),
  },
  (t) => [primaryKey({ columns: [t.collection, t.id] })],
);

export interface AdaptationRecord {
  readonly id: string;
  /** Of the collection at the fit. */
  readonly sequence: Sequence;
  readonly at: Date;
  readonly sourceKey: number | null;
  readonly sourceSequence: Sequence | null;
  readonly recipe: AdaptationRecipe;
  readonly detail: AdaptationDetail;
  /** Null once it was erased. */
  readonly alignment: StyleAlignment | null;
}

const alignmentOf = (bytes: Uint8Array, { covariance }: AdaptationDetail): StyleAlignment => {
  const numbers = fromBytes(bytes);
  const r = covariance ? Math.round(Math.sqrt(numbers.length + 1)) - 1 : numbers.length / 2;
  return {
    targetMean: numbers.slice(0, r),
    anchorMean: numbers.slice(r, 2 * r),
    matrix: covariance ? numbers.slice(2 * r) : null,
  };
};

const bytesOf = ({ targetMean, anchorMean, matrix }: StyleAlignment): Uint8Array =>
  Buffer.concat([targetMean, anchorMean, matrix ?? new Float32Array(0)].map(toBytes));

const recordOf = ({
  numbers,
  ...row
}: Omit<typeof adaptations.$inferSelect, "collection">): AdaptationRecord => ({
  ...row,
  alignment: numbers === null ? null : alignmentOf(numbers, row.detail),
});

/**
 * Stores an adaptation.
 *
 * @param replace whether one of its id is replaced
 * @throws AnchorageError `conflict` if there is one already, if the collection has moved to other encoders, or if what
 * the adaptation was fitted on has been erased since
 */
export const saveAdaptation = async (
  database: Database,
  collection: CollectionRecord,
  { alignment, ...record }: AdaptationRecord,
  replace: boolean,
): Promise<void> => {
  const { key, name } = collection;
  const row = { ...record, numbers: alignment === null ? null : bytesOf(alignment) };
  await database.transaction(async ({ queries }) => {
    requireEncoders(collection, await lockCollection(queries, collection));
    const erasedAfter = (of: number, sequence: Sequence) =>
      and(eq(receipts.collection, of), eq(receipts.kind, "erasure"), gt(receipts.sequence, sequence));
    const { sourceKey, sourceSequence, id, sequence } = record;
    const erased = await queries
      .select({ id: receipts.id })
      .from(receipts)
      .where(
        sourceKey === null || sourceSequence === null
          ? erasedAfter(key, sequence)
          : or(erasedAfter(key, sequence), erasedAfter(sourceKey, sourceSequence)),
      )
      .limit(1);
    if (erased.length > 0)
      throw new AnchorageError("conflict", `What "${id}" was fitted on was erased meanwhile; ask again.`);
    const target = [adaptations.collection, adaptations.id];
    const insert = queries.insert(adaptations).values({ collection: key, ...row });
    if (replace) {
      await insert.onConflictDoUpdate({ target, set: row });
      return;
    }
    const stored = await insert.onConflictDoNothing({ target }).returning({ id: adaptations.id });
    if (stored.length === 0)
      throw new AnchorageError("conflict", `"${name}" has an adaptation "${id}" already; delete it first.`);
  });
};

const isNamed = ({ key }: CollectionRecord, id: string) =>
  and(eq(adaptations.collection, key), eq(adaptations.id, id));

const columns = {
  id: adaptations.id,
  sequence: adaptations.sequence,
  at: adaptations.at,
  sourceKey: adaptations.sourceKey,
  sourceSequence: adaptations.sourceSequence,
  recipe: adaptations.recipe,
  detail: adaptations.detail,
};

/** An adaptation without its numbers. */
export type AdaptationOutline = Omit<AdaptationRecord, "alignment">;

/** In the order of their ids, with whether their numbers are there. */
export const listAdaptations = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<(AdaptationOutline & { readonly erased: boolean })[]> => {
  const rows = await database.query((queries) =>
    queries
      .select({ ...columns, erased: isNull(adaptations.numbers).mapWith(Boolean) })
      .from(adaptations)
      .where(eq(adaptations.collection, key))
      .orderBy(asc(adaptations.id)),
  );
  return rows;
};

/** When an adaptation was stored; null without it. */
export const findAdaptationTime = async (
  database: Database,
  collection: CollectionRecord,
  id: string,
): Promise<Date | null> => {
  const [row] = await database.query((queries) =>
    queries.select({ at: adaptations.at }).from(adaptations).where(isNamed(collection, id)),
  );
  return row?.at ?? null;
};

export const findAdaptation = async (
  database: Database,
  collection: CollectionRecord,
  id: string,
): Promise<AdaptationRecord | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ ...columns, numbers: adaptations.numbers })
      .from(adaptations)
      .where(isNamed(collection, id)),
  );
  return row === undefined ? null : recordOf(row);
};

/** @returns whether there was one */
export const removeAdaptation = async (
  database: Database,
  collection: CollectionRecord,
  id: string,
): Promise<boolean> => {
  const removed = await database.write((queries) =>
    queries.delete(adaptations).where(isNamed(collection, id)).returning({ id: adaptations.id }),
  );
  return removed.length > 0;
};

/**
 * Erases the numbers of adaptations that were fitted on anchors of a collection before `sequence`, or on images in it.
 */
export const eraseAdaptations = async (
  database: Database,
  { key }: CollectionRecord,
  before: Sequence,
): Promise<void> => {
  await database.write((queries) =>
    queries
      .update(adaptations)
      .set({ numbers: null })
      .where(
        or(
          and(eq(adaptations.collection, key), lt(adaptations.sequence, before)),
          and(eq(adaptations.sourceKey, key), lt(adaptations.sourceSequence, before)),
        ),
      ),
  );
};

/** Deletes all of them in the transaction that moves the collection to other encoders. */
export const removeAllAdaptations = async (
  { queries }: Transaction,
  { key }: CollectionRecord,
): Promise<void> => {
  await queries.delete(adaptations).where(eq(adaptations.collection, key));
};
