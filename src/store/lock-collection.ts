import { eq } from "drizzle-orm";
import { AnchorageError, notFound } from "../errors.ts";
import type { CollectionName, Sequence } from "../types.ts";
import type { Queries } from "./database.ts";
import { collections } from "./schema.ts";
import type { EncoderPair } from "./vector-types.ts";
import type { CollectionRecord } from "./types.ts";

/** The columns that {@link EncoderKeys} is selected from. */
export const encoderKeys = {
  imageEncoder: collections.imageEncoder,
  textEncoder: collections.textEncoder,
};

/** The keys of a collection's current encoders. */
export interface EncoderKeys {
  readonly imageEncoder: number;
  readonly textEncoder: number;
}

/** Whether a collection still has the encoders of its record. */
export const hasEncodersOf = ({ imageEncoder, textEncoder }: EncoderPair, found: EncoderKeys): boolean =>
  imageEncoder.key === found.imageEncoder && textEncoder.key === found.textEncoder;

/** @throws AnchorageError `conflict` if the collection has moved to other encoders than those of its record */
export const requireEncoders = (collection: CollectionRecord, found: EncoderKeys): void => {
  if (hasEncodersOf(collection, found)) return;
  throw new AnchorageError(
    "conflict",
    `The collection "${collection.name}" has moved to other encoders; try again.`,
  );
};

/**
 * Takes a shared lock on a collection: until the transaction ends, it cannot be removed or moved to other encoders.
 *
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it has moved to other encoders
 */
export const holdCollection = async (queries: Queries, collection: CollectionRecord): Promise<void> => {
  const [row] = await queries
    .select(encoderKeys)
    .from(collections)
    .where(eq(collections.key, collection.key))
    .for("key share");
  if (row === undefined) throw notFound("collection", collection.name);
  requireEncoders(collection, row);
};

/**
 * The key of the collection of that name, which cannot be removed until the transaction ends.
 *
 * @throws AnchorageError `not-found` if there is no such collection
 */
export const holdByName = async (queries: Queries, name: CollectionName): Promise<number> => {
  const [found] = await queries
    .select({ key: collections.key })
    .from(collections)
    .where(eq(collections.name, name))
    .for("key share");
  if (found === undefined) throw notFound("collection", name);
  return found.key;
};

/**
 * Takes the write lock of a collection until the transaction ends. Writers to one collection are serialised, so that
 * sequences have neither gaps nor duplicates.
 *
 * @param how `update` also excludes the shared locks of {@link holdCollection}
 * @throws AnchorageError `not-found` if the collection is gone
 */
export const lockCollection = async (
  queries: Queries,
  { key, name }: CollectionRecord,
  how: "no key update" | "update" = "no key update",
): Promise<{ sequence: Sequence; anchorCount: number } & EncoderKeys> => {
  const [row] = await queries
    .select({ sequence: collections.sequence, anchorCount: collections.anchorCount, ...encoderKeys })
    .from(collections)
    .where(eq(collections.key, key))
    .for(how);
  if (row === undefined) throw notFound("collection", name);
  return row;
};
