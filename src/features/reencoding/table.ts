import { asc, eq, isNull } from "drizzle-orm";
import { alias, bigint, boolean, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { CollectionHooks } from "../../collections/hooks.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { encoderOf } from "../../store/encoders.ts";
import { lockCollection, requireEncoders } from "../../store/lock-collection.ts";
import { announcement } from "../../store/news.ts";
import {
  changes,
  collectionKey,
  collections,
  encoderKey,
  encoders,
  momentNow,
  transforms,
} from "../../store/schema.ts";
import type { CollectionRecord, EncoderRecord } from "../../store/types.ts";
import type { EncoderPair, MadeVector, VectorSource } from "../../store/vector-types.ts";
import { copyMade } from "../../store/vector-writes.ts";
import { countWithoutVector, withoutVector } from "./sources.ts";
import type { CollectionName, Sequence } from "../../types.ts";
import type { Evaluation, Reencoding } from "./api.ts";

/** The latest move of each collection; it is running until it has an end. */
export const reencodings = pgTable("reencodings", {
  collection: collectionKey().primaryKey(),
  fromImageEncoder: encoderKey("from_image_encoder"),
  fromTextEncoder: encoderKey("from_text_encoder"),
  toImageEncoder: encoderKey("to_image_encoder"),
  toTextEncoder: encoderKey("to_text_encoder"),
  apply: text("apply").$type<Reencoding["apply"]>().notNull(),
  evaluate: boolean("evaluate").notNull(),
  state: text("state").$type<Reencoding["state"]>().notNull(),
  /** The collection's sequence at the move; null if it has not happened. */
  appliedAt: bigint("applied_at", { mode: "number" }).$type<Sequence>(),
  evaluation: jsonb("evaluation").$type<Evaluation>(),
  startedAt: momentNow("started_at"),
  endedAt: timestamp("ended_at", { withTimezone: true, precision: 3 }),
});

/** A stored move. A failed one may have vectors to delete until it has ended. */
export interface ReencodingRecord extends Omit<Reencoding, "from" | "to" | "thumbnails"> {
  readonly from: EncoderPair;
  readonly to: EncoderPair;
  /** Whether both views are compared before the move. */
  readonly evaluate: boolean;
}

const rowOf = ({ from, to, ...rest }: ReencodingRecord) => ({
  fromImageEncoder: from.imageEncoder.key,
  fromTextEncoder: from.textEncoder.key,
  toImageEncoder: to.imageEncoder.key,
  toTextEncoder: to.textEncoder.key,
  ...rest,
});

/** Replaces the collection's previous move. */
export const saveReencoding = async (
  database: Database,
  { key }: CollectionRecord,
  reencoding: ReencodingRecord,
): Promise<void> => {
  const row = rowOf(reencoding);
  await database.write((queries) =>
    queries
      .insert(reencodings)
      .values({ collection: key, ...row })
      .onConflictDoUpdate({ target: reencodings.collection, set: row }),
  );
};

const fromImage = alias(encoders, "from_image");
const fromText = alias(encoders, "from_text");
const toImage = alias(encoders, "to_image");
const toText = alias(encoders, "to_text");

export const findReencoding = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<ReencodingRecord | null> => {
  const [found] = await database.query((queries) =>
    queries
      .select()
      .from(reencodings)
      .innerJoin(fromImage, eq(fromImage.key, reencodings.fromImageEncoder))
      .innerJoin(fromText, eq(fromText.key, reencodings.fromTextEncoder))
      .innerJoin(toImage, eq(toImage.key, reencodings.toImageEncoder))
      .innerJoin(toText, eq(toText.key, reencodings.toTextEncoder))
      .where(eq(reencodings.collection, key)),
  );
  if (found === undefined) return null;
  const { apply, evaluate, state, appliedAt, evaluation, startedAt, endedAt } = found.reencodings;
  return {
    from: { imageEncoder: encoderOf(found.from_image), textEncoder: encoderOf(found.from_text) },
    to: { imageEncoder: encoderOf(found.to_image), textEncoder: encoderOf(found.to_text) },
    ...{ apply, evaluate, state, appliedAt, evaluation, startedAt, endedAt },
  };
};

/** The collections whose latest move has not ended. */
export const listReencoded = async (database: Database): Promise<CollectionName[]> => {
  const rows = await database.query((queries) =>
    queries
      .select({ name: collections.name })
      .from(reencodings)
      .innerJoin(collections, eq(collections.key, reencodings.collection))
      .where(isNull(reencodings.endedAt))
      .orderBy(asc(collections.name)),
  );
  return rows.map(({ name }) => name);
};

/**
 * Moves a collection to the encoders of `reencoding.to`, at a new sequence, in one transaction with the vectors that
 * are still missing; fits and measurements of the old encoders are deleted.
 *
 * @param encode computes vectors while writes to the collection wait
 * @param atMost maximum number of missing vectors to compute inside the transaction
 * @param onMove deletes the features' measurements of the old encoders
 * @returns null if more are missing; nothing is changed
 * @throws AnchorageError `conflict` if the collection has other encoders than `collection`
 */
export const switchEncoders = async (
  database: Database,
  collection: CollectionRecord,
  reencoding: ReencodingRecord,
  encode: (encoder: EncoderRecord, sources: readonly VectorSource[]) => Promise<MadeVector[]>,
  atMost: number,
  onMove: CollectionHooks["onMove"],
): Promise<Sequence | null> =>
  database.transaction(async (transaction) => {
    const { queries } = transaction;
    const current = await lockCollection(queries, collection, "update");
    requireEncoders(collection, current);
    const { key } = collection;
    const { imageEncoder, textEncoder } = reencoding.to;
    const others = [imageEncoder, textEncoder].filter(
      ({ key: to }) => to !== current.imageEncoder && to !== current.textEncoder,
    );
    let missing = 0;
    for (const encoder of others) missing += await countWithoutVector(queries, collection, encoder);
    if (missing > atMost) return null;
    if (missing > 0) for (const encoder of others) await addMissing(transaction, collection, encoder, encode);
    const sequence = (current.sequence + 1) as Sequence;
    for (const remove of onMove) await remove(transaction, collection);
    await queries.delete(transforms).where(eq(transforms.collection, key));
    await queries.insert(changes).values({ collection: key, sequence, kind: "encoders", ids: [] });
    await queries
      .update(reencodings)
      .set(rowOf({ ...reencoding, state: "switched", appliedAt: sequence }))
      .where(eq(reencodings.collection, key));
    await queries
      .update(collections)
      .set({ imageEncoder: imageEncoder.key, textEncoder: textEncoder.key, sequence })
      .where(eq(collections.key, key))
      .returning({ announced: announcement({ collection: key, sequence }) });
    return sequence;
  });

const addMissing = async (
  transaction: Transaction,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  encode: (encoder: EncoderRecord, sources: readonly VectorSource[]) => Promise<MadeVector[]>,
): Promise<void> => {
  const all = { after: 0, limit: Number.MAX_SAFE_INTEGER };
  const sources = await withoutVector(transaction.queries, collection, encoder, all);
  if (sources.length > 0) await copyMade(transaction, encoder, await encode(encoder, sources));
};
