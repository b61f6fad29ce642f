import { and, eq, sql, type SQL } from "drizzle-orm";
import { notFound } from "../../errors.ts";
import type { JsonValue } from "../../types.ts";
import type { Database } from "../../store/database.ts";
import { fromBytes } from "../../store/float32.ts";
import { anchors, collections, images, vectors } from "../../store/schema.ts";
import type { LabelledAnchors, LabelSource } from "./store-selection-types.ts";
import type { CollectionRecord, EncoderRecord } from "../../store/types.ts";

export const labelledAnchors = async (
  database: Database,
  { key, name }: CollectionRecord,
  source: LabelSource,
  choose: (keys: readonly number[]) => readonly number[],
): Promise<LabelledAnchors> =>
  database.snapshot(async ({ queries }) => {
    const [state] = await queries
      .select({ sequence: collections.sequence, anchors: collections.anchorCount })
      .from(collections)
      .where(eq(collections.key, key));
    if (state === undefined) throw notFound("collection", name);
    const { label, isLabel } = expressionsOf(source);
    const rows = await queries
      .select({ key: anchors.key, pictured: sql<boolean>`${images.anchorKey} IS NOT NULL` })
      .from(anchors)
      .leftJoin(images, eq(images.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, key), isLabel))
      .orderBy(anchors.id);
    const pictured = rows.filter((row) => row.pictured).map((row) => row.key);
    const chosen = choose(pictured);
    const found = await queries
      .select({ key: anchors.key, label: sql<JsonValue>`${label}` })
      .from(anchors)
      .where(sql`${anchors.key} = ANY(${sql.param(chosen)}::bigint[])`)
      .orderBy(anchors.id);
    return {
      anchors: found,
      sequence: state.sequence,
      counts: {
        anchors: state.anchors,
        withoutLabel: state.anchors - rows.length,
        withoutImage: rows.length - pictured.length,
      },
    };
  });

const expressionsOf = (source: LabelSource): { readonly label: SQL; readonly isLabel: SQL } => {
  if ("ids" in source)
    return {
      label: sql`to_jsonb(${anchors.id})`,
      isLabel: sql`${anchors.id} = ANY(${sql.param(source.ids)}::text[])`,
    };
  if ("captions" in source)
    return { label: sql`to_jsonb(${anchors.caption})`, isLabel: sql`${anchors.caption} IS NOT NULL` };
  const label = sql`(${anchors.metadata} -> ${source.field}::text)`;
  const isLabel = sql`CASE jsonb_typeof(${label})
    WHEN 'string' THEN ${label} <> '""'
    WHEN 'number' THEN true
    WHEN 'boolean' THEN true
    WHEN 'array' THEN jsonb_array_length(${label}) > 0 AND NOT jsonb_path_exists(${label},
      'strict $[*] ? (@.type() == "object" || @.type() == "array" || @.type() == "null" || @ == "")')
    ELSE false END`;
  return { label, isLabel };
};

const byKey = <T>(
  rows: readonly { readonly key: number; readonly data: Uint8Array }[],
  read: (data: Uint8Array) => T,
) => new Map(rows.map(({ key, data }) => [key, read(data)] as const));

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
