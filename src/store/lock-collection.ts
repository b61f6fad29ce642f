import { eq } from "drizzle-orm";
import { AnchorageError, notFound } from "../errors.ts";
import type { Sequence } from "../types.ts";
import type { Queries } from "./database.ts";
import { collections } from "./schema.ts";
import type { EncoderPair } from "./vector-types.ts";
import type { CollectionRecord } from "./types.ts";

/** The columns of {@link EncoderKeys}. */
export const encoderKeys = {
  imageEncoder: collections.imageEncoder,
  textEncoder: collections.textEncoder,
};

export interface EncoderKeys {
  readonly imageEncoder: number;
  readonly textEncoder: number;
}

/** Whether a collection has the encoders that its record says. */
export const hasEncodersOf = ({ imageEncoder, textEncoder }: EncoderPair, found: EncoderKeys): boolean =>
  imageEncoder.key === found.imageEncoder && textEncoder.key === found.textEncoder;

/** @throws AnchorageError `conflict` where the collection has moved to other encoders than its record says. */
export const requireEncoders = (collection: CollectionRecord, found: EncoderKeys): void => {
  if (hasEncodersOf(collection, found)) return;
  throw new AnchorageError(
    "conflict",
    `The collection "${collection.name}" has moved to other encoders; try again.`,
  );
};

/** Keeps the collection, while it is written to, from being removed or moved to other encoders until the transaction ends. */
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
 * Writers to one collection take turns from here to their commit, so that sequences have neither gaps nor twins.
 *
 * @param how `update` keeps those off too who only hold it
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
