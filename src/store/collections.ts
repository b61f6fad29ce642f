import { asc, eq } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { AnchorageError } from "../errors.ts";
import type { CollectionName } from "../types.ts";
import type { Database, Queries } from "./database.ts";
import { encoderOf } from "./encoders.ts";
import { announcement } from "./news.ts";
import { collections, encoders } from "./schema.ts";
import { violatesUnique } from "./trouble.ts";
import type { CollectionRecord, NewCollection } from "./types.ts";

const imageEncoders = alias(encoders, "image_encoders");
const textEncoders = alias(encoders, "text_encoders");

const select = (queries: Queries) =>
  queries
    .select()
    .from(collections)
    .innerJoin(imageEncoders, eq(imageEncoders.key, collections.imageEncoder))
    .innerJoin(textEncoders, eq(textEncoders.key, collections.textEncoder));

type Row = Awaited<ReturnType<typeof select>>[number];

const recordOf = ({ collections: row, image_encoders, text_encoders }: Row): CollectionRecord => ({
  key: row.key,
  name: row.name,
  imageEncoder: encoderOf(image_encoders),
  textEncoder: encoderOf(text_encoders),
  asif: { k: row.asifK, p: row.asifP },
  transform: row.transform,
  sequence: row.sequence,
  anchorCount: row.anchorCount,
  createdAt: row.createdAt,
});

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
          asifK: asif.k,
          asifP: asif.p,
          transform,
        })
        .returning({
          key: collections.key,
          sequence: collections.sequence,
          anchorCount: collections.anchorCount,
          createdAt: collections.createdAt,
          announced: announcement(null),
        }),
    )
    .catch((error: unknown) => {
      if (!violatesUnique(error, "collections_name")) throw error;
      throw new AnchorageError("conflict", `There is a collection "${name}" already.`, {
        faults: [{ path: "name", message: "is taken" }],
        cause: error,
      });
    });
  const [row] = inserted;
  if (row === undefined) throw new Error(`collection ${name} was not written`);
  return {
    ...collection,
    key: row.key,
    sequence: row.sequence,
    anchorCount: row.anchorCount,
    createdAt: row.createdAt,
  };
};

export const listCollections = async (database: Database): Promise<CollectionRecord[]> => {
  const rows = await database.query((queries) => select(queries).orderBy(asc(collections.name)));
  return rows.map(recordOf);
};

export const findCollection = async (
  database: Database,
  name: CollectionName,
): Promise<CollectionRecord | null> => {
  const [row] = await database.query((queries) => select(queries).where(eq(collections.name, name)));
  return row === undefined ? null : recordOf(row);
};

export const deleteCollection = async (database: Database, name: CollectionName): Promise<boolean> => {
  const gone = await database.query((queries) =>
    queries
      .delete(collections)
      .where(eq(collections.name, name))
      .returning({ key: collections.key, announced: announcement(null) }),
  );
  return gone.length > 0;
};
