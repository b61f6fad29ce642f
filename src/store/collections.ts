import { asc, desc, eq } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { AnchorageError } from "../errors.ts";
import type { CollectionDefaults, CollectionName } from "../types.ts";
import type { Database, Queries } from "./database.ts";
import { encoderOf } from "./encoders.ts";
import { announcement } from "./news.ts";
import { appendServiceReceipt } from "./receipts.ts";
import { collections, encoders, receipts } from "./schema.ts";
import { violatesUnique } from "./trouble.ts";
import type { CollectionRecord, NewCollection, ServiceReceipt, StoredChange } from "./types.ts";

const imageEncoders = alias(encoders, "image_encoders");
const textEncoders = alias(encoders, "text_encoders");

const select = (queries: Queries) =>
  queries
    .select()
    .from(collections)
    .innerJoin(imageEncoders, eq(imageEncoders.key, collections.imageEncoder))
    .innerJoin(textEncoders, eq(textEncoders.key, collections.textEncoder));

type Row = Awaited<ReturnType<typeof select>>[number];

/** The columns that {@link defaultsOf} reads. */
export const defaultColumns = {
  asifK: collections.asifK,
  asifP: collections.asifP,
  asifNegatives: collections.asifNegatives,
  transform: collections.transform,
  method: collections.method,
  rank: collections.rank,
  ensemble: collections.ensemble,
  images: collections.images,
};

type DefaultsRow = Pick<typeof collections.$inferSelect, keyof typeof defaultColumns>;

/** The defaults of a collection from its row. */
export const defaultsOf = ({ asifK, asifP, asifNegatives, ...row }: DefaultsRow): CollectionDefaults => ({
  asif: { k: asifK ?? "auto", p: asifP ?? "auto", negatives: asifNegatives },
  transform: row.transform,
  method: row.method,
  rank: row.rank,
  ensemble: row.ensemble,
  images: row.images,
});

/** The columns for given defaults; absent defaults are left out. */
export const rowOfDefaults = (defaults: StoredChange): Partial<DefaultsRow> => {
  const { asif, transform, method, rank, ensemble, images } = defaults;
  const row = {
    asifK: columnOf(asif?.k),
    asifP: columnOf(asif?.p),
    asifNegatives: asif?.negatives,
    ...{ transform, method, rank, ensemble, images },
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
};

const columnOf = (value: number | "auto" | undefined): number | null | undefined =>
  value === "auto" ? null : value;

const recordOf = ({ collections: row, image_encoders, text_encoders }: Row): CollectionRecord => ({
  key: row.key,
  name: row.name,
  imageEncoder: encoderOf(image_encoders),
  textEncoder: encoderOf(text_encoders),
  ...defaultsOf(row),
  sequence: row.sequence,
  anchorCount: row.anchorCount,
  createdAt: row.createdAt,
});

/**
 * Creates an empty collection at sequence 0.
 *
 * @throws AnchorageError `conflict` if the name is taken
 * @example
 * ```ts
 * const imageEncoder = await ensureEncoder(store, imageInfo);
 * const textEncoder = await ensureEncoder(store, textInfo);
 * const asif = { k: "auto", p: "auto" } as const;
 * await createCollection(store, { name, imageEncoder, textEncoder, asif, transform: "none" });
 * ```
 */
export const createCollection = async (
  database: Database,
  collection: NewCollection,
): Promise<CollectionRecord> => {
  const { name, imageEncoder, textEncoder, asif, transform } = collection;
  const inserted = await database
    .query((queries) =>
      queries
        .insert(collections)
        .values({
          name,
          imageEncoder: imageEncoder.key,
          textEncoder: textEncoder.key,
          ...rowOfDefaults(collection),
          asifNegatives: asif.negatives ?? "cut",
          transform,
        })
        .returning({
          key: collections.key,
          sequence: collections.sequence,
          anchorCount: collections.anchorCount,
          createdAt: collections.createdAt,
          ...defaultColumns,
          announced: announcement(null),
        }),
    )
    .catch((error: unknown) => {
      if (!violatesUnique(error, "collections_name")) throw error;
      throw new AnchorageError("conflict", `There is a collection "${name}" already.`, {
        faults: [{ path: ["name"], message: "is taken" }],
        cause: error,
      });
    });
  const [row] = inserted;
  if (row === undefined) throw new Error(`collection ${name} was not written`);
  return {
    name,
    imageEncoder,
    textEncoder,
    ...defaultsOf(row),
    key: row.key,
    sequence: row.sequence,
    anchorCount: row.anchorCount,
    createdAt: row.createdAt,
  };
};

/** Lists all collections in name order. */
export const listCollections = async (database: Database): Promise<CollectionRecord[]> => {
  const rows = await database.query((queries) => select(queries).orderBy(asc(collections.name)));
  return rows.map(recordOf);
};

/** Finds a collection by name; null if there is none. */
export const findCollection = async (
  database: Database,
  name: CollectionName,
): Promise<CollectionRecord | null> => {
  const [row] = await database.query((queries) => select(queries).where(eq(collections.name, name)));
  return row === undefined ? null : recordOf(row);
};

/**
 * Deletes a collection with everything that belongs to it, and appends a receipt to the chain of deleted collections.
 *
 * @returns the receipt; null where there was no such collection
 */
export const deleteCollection = async (
  database: Database,
  name: CollectionName,
): Promise<ServiceReceipt | null> =>
  database.transaction(
    async ({ queries }) => {
      const [found] = await queries
        .select({ key: collections.key })
        .from(collections)
        .where(eq(collections.name, name))
        .for("update");
      if (found === undefined) return null;
      const [last] = await queries
        .select({ hash: receipts.hash })
        .from(receipts)
        .where(eq(receipts.collection, found.key))
        .orderBy(desc(receipts.position))
        .limit(1);
      const [gone] = await queries
        .delete(collections)
        .where(eq(collections.key, found.key))
        .returning({
          sequence: collections.sequence,
          count: collections.anchorCount,
          announced: announcement(null),
        });
      if (gone === undefined) return null;
      const { sequence, count } = gone;
      return appendServiceReceipt(queries, {
        collection: name,
        sequence,
        count,
        lastHash: last?.hash ?? null,
      });
    },
    { kind: "deletion" },
  );
