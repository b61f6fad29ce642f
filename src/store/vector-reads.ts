import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { fromBytes } from "./float32.ts";
import { images, originals, vectors } from "./schema.ts";
import type { EncoderRecord } from "./types.ts";

const byKey = <T>(
  rows: readonly { readonly key: number; readonly data: Uint8Array }[],
  read: (data: Uint8Array) => T,
) => new Map(rows.map(({ key, data }) => [key, read(data)] as const));

/** Reads the stored images of anchors, originals where they are kept, by anchor key; anchors without one are left out. */
export const findImages = async (
  database: Database,
  keys: readonly number[],
): Promise<Map<number, Uint8Array>> => {
  const rows = await database.query((queries) =>
    queries
      .select({
        key: images.anchorKey,
        data: sql<Uint8Array>`coalesce(${originals.bytes}, ${images.bytes})`,
      })
      .from(images)
      .leftJoin(originals, eq(originals.anchorKey, images.anchorKey))
      .where(sql`${images.anchorKey} = ANY(${sql.param(keys)}::bigint[])`),
  );
  return byKey(rows, (bytes) => bytes);
};

/** Reads the vectors of anchors made by `encoder`, by anchor key; anchors without one are left out. */
export const findVectors = async (
  database: Database,
  encoder: EncoderRecord,
  keys: readonly number[],
): Promise<Map<number, Float32Array>> => {
  const rows = await database.query((queries) =>
    queries.select({ key: vectors.anchorKey, data: vectors.data }).from(vectors).where(madeBy(encoder, keys)),
  );
  return byKey(rows, fromBytes);
};

/** {@link findVectors} for several encoders, in their order, with one query. */
export const findVectorsByAll = async (
  database: Database,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
): Promise<readonly ReadonlyMap<number, Float32Array>[]> => {
  const wanted = encoders.map(({ key }) => key);
  const rows = await database.query((queries) =>
    queries
      .select({ key: vectors.anchorKey, encoder: vectors.encoderKey, data: vectors.data })
      .from(vectors)
      .where(
        sql`${vectors.anchorKey} = ANY(${sql.param(keys)}::bigint[]) AND ${vectors.encoderKey} = ANY(${sql.param(wanted)}::bigint[])`,
      ),
  );
  const found = new Map(wanted.map((key) => [key, new Map<number, Float32Array>()]));
  for (const { key, encoder, data } of rows) found.get(encoder)?.set(key, fromBytes(data));
  return wanted.map((key) => found.get(key) ?? new Map<number, Float32Array>());
};

/** Finds which of the anchors have a vector made by `encoder`. */
export const keysWithVector = async (
  database: Database,
  encoder: EncoderRecord,
  keys: readonly number[],
): Promise<Set<number>> => {
  const rows = await database.query((queries) =>
    queries.select({ key: vectors.anchorKey }).from(vectors).where(madeBy(encoder, keys)),
  );
  return new Set(rows.map(({ key }) => key));
};

const madeBy = (encoder: EncoderRecord, keys: readonly number[]) =>
  and(eq(vectors.encoderKey, encoder.key), sql`${vectors.anchorKey} = ANY(${sql.param(keys)}::bigint[])`);
