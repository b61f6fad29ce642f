import { randomBytes } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { AnchorId } from "../types.ts";
import type { Database, Queries } from "./database.ts";
import { anchors, collections, images, neverAgain, neverAgainSecrets, vectors } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

const SECRET_BYTES = 32;
/** How many of the 64 bits of two pictures' hashes may differ: for one picture, and for one with the same caption. */
const SAME_PICTURE = 4;
const SAME_WITH_CAPTION = 10;

/** What is kept of an anchor that must not come back. Nothing of it can be read from this without the secret. */
export interface Fingerprint {
  /** HMAC of the image's file, or of its vector if there is no file; null where neither is known. */
  readonly image: Uint8Array | null;
  /** The picture's perceptual hash, with its bits moved and masked; null for a picture without detail. */
  readonly picture: bigint | null;
  /** HMAC of the caption. */
  readonly caption: Uint8Array | null;
}

/** What a fingerprint is made of. */
export interface FingerprintedContent {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly imageHash: Uint8Array | null;
  /** The stored thumbnail. */
  readonly thumbnail: Uint8Array | null;
  /** Little-endian float32. */
  readonly imageVector: Uint8Array;
}

/** Reads what is stored of anchors, for their fingerprints. */
export const readFingerprinted = async (
  queries: Queries,
  { key }: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<FingerprintedContent[]> =>
  queries
    .select({
      id: anchors.id,
      caption: anchors.caption,
      imageHash: anchors.imageHash,
      thumbnail: images.bytes,
      imageVector: vectors.data,
    })
    .from(anchors)
    .innerJoin(collections, eq(collections.key, anchors.collection))
    .innerJoin(
      vectors,
      and(eq(vectors.anchorKey, anchors.key), eq(vectors.encoderKey, collections.imageEncoder)),
    )
    .leftJoin(images, eq(images.anchorKey, anchors.key))
    .where(and(eq(anchors.collection, key), sql`${anchors.id} = ANY(${sql.param(ids)}::text[])`));

/** The secret of a collection's fingerprints; null if it has none. */
export const findSecret = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<Uint8Array | null> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ secret: neverAgainSecrets.secret })
      .from(neverAgainSecrets)
      .where(eq(neverAgainSecrets.collection, key)),
  );
  return row?.secret ?? null;
};

/** The secret of a collection's fingerprints, made if it has none. */
export const ensureSecret = async (queries: Queries, { key }: CollectionRecord): Promise<Uint8Array> => {
  await queries
    .insert(neverAgainSecrets)
    .values({ collection: key, secret: randomBytes(SECRET_BYTES) })
    .onConflictDoNothing();
  const [row] = await queries
    .select({ secret: neverAgainSecrets.secret })
    .from(neverAgainSecrets)
    .where(eq(neverAgainSecrets.collection, key));
  if (row === undefined) throw new Error("the secret of a collection vanished within a transaction");
  return row.secret;
};

/** Stores the fingerprints of anchors whose deletion has the given receipt. */
export const keepFingerprints = async (
  queries: Queries,
  { key }: CollectionRecord,
  receipt: string,
  fingerprints: readonly Fingerprint[],
): Promise<void> => {
  if (fingerprints.length === 0) return;
  const { params } = columnsOf(fingerprints);
  await queries.execute(sql`
    INSERT INTO ${neverAgain} (collection, receipt, image, picture, caption)
    SELECT ${key}::bigint, ${receipt}::text, given.image, given.picture, given.caption
    FROM unnest(${params.images}::bytea[], ${params.pictures}::bigint[], ${params.captions}::bytea[])
      AS given (image, picture, caption)`);
};

/**
 * Finds which of `fingerprints` match an anchor that must not come back: the same image, nearly the same picture, or a
 * similar picture with the same caption. A caption alone is no match, because other pictures may share it.
 *
 * @returns the id of the receipt by the index of the fingerprint
 */
export const findForbidden = async (
  database: Database,
  { key }: CollectionRecord,
  fingerprints: readonly Fingerprint[],
): Promise<Map<number, string>> => {
  const { params } = columnsOf(fingerprints);
  const { rows } = await database.query((queries) =>
    queries.execute<{ at: string; receipt: string }>(sql`
      SELECT given.at, min(kept.receipt) AS receipt
      FROM unnest(${params.images}::bytea[], ${params.pictures}::bigint[], ${params.captions}::bytea[])
        WITH ORDINALITY AS given (image, picture, caption, at)
      JOIN ${neverAgain} kept ON kept.collection = ${key}::bigint AND (
        kept.image = given.image
        OR bit_count((kept.picture # given.picture)::bit(64))
           <= CASE WHEN kept.caption = given.caption THEN ${SAME_WITH_CAPTION}::int ELSE ${SAME_PICTURE}::int END)
      GROUP BY given.at`),
  );
  return new Map(rows.map(({ at, receipt }) => [Number(at) - 1, receipt]));
};

const columnsOf = (fingerprints: readonly Fingerprint[]) => ({
  params: {
    images: sql.param(fingerprints.map(({ image }) => bufferOf(image))),
    pictures: sql.param(fingerprints.map(({ picture }) => picture?.toString() ?? null)),
    captions: sql.param(fingerprints.map(({ caption }) => bufferOf(caption))),
  },
});

/** pg would send any other Uint8Array as an array of numbers. */
const bufferOf = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
