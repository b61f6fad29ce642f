import { sql } from "drizzle-orm";
import type { AnchorId } from "../types.ts";
import type { Database } from "./database.ts";
import { anchors } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** An anchor whose caption has the words that were looked for. */
export interface CaptionHit {
  readonly id: AnchorId;
  /** Postgres's `ts_rank`: more for words that are frequent in the caption. */
  readonly score: number;
}

const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a caption, as the index `anchors_caption_words` has them: those of its first 100,000 characters. */
const captionWords = sql`to_tsvector('simple', left(${anchors.caption}, 100000))`;

/** The words of a text, as captions are searched for them. */
export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(WORD) ?? [];

/**
 * Finds the anchors whose captions hold every word, or a word that begins with it, best first, ties by id. The words
 * are not stemmed: captions may be in any language.
 *
 * @param words as {@link wordsOf} gives them, at least one
 * @param limit how many are found; null: all
 */
export const searchCaptions = async (
  database: Database,
  { key }: CollectionRecord,
  words: readonly string[],
  limit: number | null,
): Promise<CaptionHit[]> => {
  const query = words.map((word) => `'${word}':*`).join(" & ");
  const wanted = sql`to_tsquery('simple', ${query})`;
  // Without statistics of captions the planner would read a whole collection; with "+ 0" only the index of words is left.
  const { rows } = await database.query((queries) =>
    queries.execute<{ id: AnchorId; score: number }>(sql`
      SELECT ${anchors.id} AS id, ts_rank(${captionWords}, ${wanted}) AS score
      FROM ${anchors}
      WHERE ${anchors.collection} + 0 = ${key} AND ${captionWords} @@ ${wanted}
      ORDER BY score DESC, ${anchors.id} LIMIT ${limit}`),
  );
  return rows;
};
