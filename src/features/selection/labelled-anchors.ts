import { and, eq, sql, type SQL } from "drizzle-orm";
import { notFound } from "../../errors.ts";
import type { AnchorId, JsonValue, Sequence } from "../../types.ts";
import type { Database } from "../../store/database.ts";
import { anchors, collections, images } from "../../store/schema.ts";
import type { CollectionRecord } from "../../store/types.ts";

/** What labels anchors: a metadata field, their captions, or what is known of some of them elsewhere. */
export type LabelSource =
  { readonly field: string } | { readonly captions: true } | { readonly ids: readonly AnchorId[] };

/** An anchor that has an image and a label. */
interface LabelledAnchor {
  /** Of this state of the anchor: it is another when it is written again. */
  readonly key: number;
  /** The field's value, the caption, or the id. */
  readonly label: JsonValue;
}

export interface LabelledAnchors {
  /** In id order. */
  readonly anchors: readonly LabelledAnchor[];
  /** The collection's, of the same moment. */
  readonly sequence: Sequence;
  /** Of all anchors, and of those that are not among the labelled with an image. */
  readonly counts: { readonly anchors: number; readonly withoutLabel: number; readonly withoutImage: number };
}

/**
 * A collection's anchors that have an image and a label. A value that is null, an object, empty or a list with such in
 * it is no label.
 *
 * @param choose which of them are wanted, by their keys in id order
 */
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
