import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { fromBytes } from "./float32.ts";
import { images, vectors } from "./schema.ts";
import type { EncoderRecord } from "./types.ts";

const byKey = <T>(
  rows: readonly { readonly key: number; readonly data: Uint8Array }[],
  read: (data: Uint8Array) => T,
) => new Map(rows.map(({ key, data }) => [key, read(data)] as const));

/** The stored image of each anchor that is there, by its key. */
export const findImages = async (
  database: Database,
  keys: readonly number[],
): Promise<Map<number, Uint8Array>> => {
  const rows = await database.query((queries) =>
    queries
      .select({ key: images.anchorKey, data: images.bytes })
      .from(images)
      .where(sql`${images.anchorKey} = ANY(${sql.param(keys)}::bigint[])`),
  );
  return byKey(rows, (bytes) => bytes);
};

/** The vector by `encoder` of each anchor that has one, by its key. */
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

/** The vectors by each of `encoders`, in their order, of the anchors that have one, by their keys; in one question. */
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

/** Which of the anchors have a vector by `encoder`. */
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
