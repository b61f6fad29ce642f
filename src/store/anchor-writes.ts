import { and, eq, sql } from "drizzle-orm";
import { AnchorageError } from "../errors.ts";
import type { AnchorId, Sequence } from "../types.ts";
import { hashOfCaption, hashOfMetadata } from "./content-hashes.ts";
import { copyIn, type CopyValue } from "./copy.ts";
import type { Database, Queries, Transaction } from "./database.ts";
import { toBytes } from "./float32.ts";
import { lockCollection, requireEncoders } from "./lock-collection.ts";
import { keepFingerprints, type Fingerprint } from "./never-again.ts";
import { announcement } from "./news.ts";
import { appendReceipt, hashAnchors } from "./receipts.ts";
import { anchors, changes, collections } from "./schema.ts";
import { violatesUnique } from "./trouble.ts";
import type {
  AnchorWrite,
  Change,
  CollectionRecord,
  DeleteResult,
  StoredImage,
  WriteResult,
} from "./types.ts";

/** One write of several that are committed together. */
export interface GroupedWrite {
  readonly anchors: readonly AnchorWrite[];
  /** The sequences that anchors were last written at, where they must not have been written since. */
  readonly expected?: ReadonlyMap<AnchorId, Sequence>;
  /** The collection's sequence, where nothing must have been written to it since. */
  readonly ifSequence?: Sequence;
}

/**
 * Inserts or replaces anchors in one transaction, at one new sequence.
 *
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it has other encoders than `collection`,
 * `invalid-input` if an id occurs twice, `conflict` if an anchor is not at its `expected` sequence or the collection not
 * at `ifSequence`. Nothing is written then.
 * @example
 * ```ts
 * const { sequence } = await upsertAnchors(store, collection, [
 *   { id, caption: "a cat", metadata: {}, image: null, imageVector, textVector },
 * ]);
 * ```
 */
export const upsertAnchors = async (
  database: Database,
  collection: CollectionRecord,
  anchors: readonly AnchorWrite[],
  conditions: Omit<GroupedWrite, "anchors"> = {},
): Promise<WriteResult> => {
  const [result] = await upsertGroup(database, collection, [{ anchors, ...conditions }]);
  if (result === undefined) throw new Error("a write has no result");
  return result;
};

/** A row is written to the log and to its table, whose pages are not full. */
const COPIES = 3;

/** About the bytes of anchors as they are stored. */
const sizeOf = (anchors: readonly AnchorWrite[]): number =>
  anchors.reduce(
    (sum, { caption, image, original, imageVector, textVector }) =>
      sum +
      (caption?.length ?? 0) +
      (image?.bytes.length ?? 0) +
      (original?.bytes.length ?? 0) +
      imageVector.byteLength +
      textVector.byteLength,
    0,
  );

/**
 * Commits several writes in one transaction, each at a sequence of its own, in their order.
 *
 * @param writes no two with the same id
 * @returns the result of each
 * @throws AnchorageError as {@link upsertAnchors}, if any of them cannot be written; none is then
 */
export const upsertGroup = async (
  database: Database,
  collection: CollectionRecord,
  writes: readonly GroupedWrite[],
): Promise<WriteResult[]> => {
  const all = writes.flatMap((write) => write.anchors);
  try {
    return await database.transaction(
      async (transaction) => {
        const { queries } = transaction;
        const current = await lockCollection(queries, collection);
        requireEncoders(collection, current);
        for (const { expected, ifSequence } of writes) {
          requireSequence(current.sequence, ifSequence);
          if (expected !== undefined) await requireSequences(queries, collection, expected);
        }
        let { sequence } = current;
        const results = writes.map(({ anchors }): WriteResult => {
          if (anchors.length > 0) sequence = next(sequence);
          return { sequence, ids: anchors.map(({ id }) => id) };
        });
        if (all.length === 0) return results;
        const ids = all.map(({ id }) => id);
        const replaced = await removeRows(queries, collection, ids);
        const sequences = results.flatMap((result) => result.ids.map(() => result.sequence));
        const keys = await insertAnchors(queries, collection, sequences, all);
        await copyVectors(transaction, collection, keys, all);
        await copyImages(transaction, keys, all);
        await finish(queries, collection, {
          changes: results
            .filter((result) => result.ids.length > 0)
            .map((result) => ({ sequence: result.sequence, kind: "upsert", ids: result.ids })),
          sequence,
          anchorCount: current.anchorCount - replaced.length + all.length,
        });
        return results;
      },
      { bytes: COPIES * sizeOf(all) },
    );
  } catch (error) {
    if (!violatesUnique(error, "anchors_collection_id")) throw error;
    throw new AnchorageError("invalid-input", "An id occurs twice in the anchors of one write.", {
      cause: error,
    });
  }
};

/** @throws AnchorageError `conflict` if the collection is at another sequence than the caller has read */
const requireSequence = (current: Sequence, ifSequence: Sequence | undefined): void => {
  if (ifSequence === undefined || ifSequence === current) return;
  throw new AnchorageError(
    "conflict",
    `ifSequence: the collection is at sequence ${current}, not ${ifSequence}; it was written to since it was read.`,
  );
};

/** Chooses what is deleted, in the deleting transaction: nothing else can write to the collection until it ends. */
export type ChooseAnchors = (transaction: Transaction, sequence: Sequence) => Promise<readonly AnchorId[]>;

/**
 * Deletes anchors in one transaction and appends a receipt. Ids that do not exist are ignored; if none exists, the
 * sequence does not change and the receipt is null.
 *
 * @param which the ids, or what chooses them while no other transaction can write to the collection
 * @param beside further work in the same transaction, given the deleted ids; returns what was made with anchors of the
 * collection and is kept
 * @param fingerprints makes the fingerprints of the anchors before they go, so that they cannot come back
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it is not at `ifSequence`
 * @example
 * ```ts
 * const { ids: removed, receipt } = await deleteAnchors(store, collection, ids);
 * ```
 */
export const deleteAnchors = async (
  database: Database,
  collection: CollectionRecord,
  which: readonly AnchorId[] | ChooseAnchors,
  beside?: (transaction: Transaction, removed: readonly AnchorId[]) => Promise<readonly string[]>,
  fingerprints?: (queries: Queries, ids: readonly AnchorId[]) => Promise<ReadonlyMap<AnchorId, Fingerprint>>,
  ifSequence?: Sequence,
): Promise<DeleteResult> =>
  database.transaction(
    async (transaction) => {
      const { queries } = transaction;
      const current = await lockCollection(queries, collection);
      requireSequence(current.sequence, ifSequence);
      const ids = typeof which === "function" ? await which(transaction, current.sequence) : which;
      if (ids.length === 0) return { sequence: current.sequence, ids: [], receipt: null };
      const hashed = await hashAnchors(queries, collection, ids);
      const forbidden = await fingerprints?.(queries, ids);
      const removed = await removeRows(queries, collection, ids);
      if (removed.length === 0) return { sequence: current.sequence, ids: [], receipt: null };
      const retainedBy = (await beside?.(transaction, removed)) ?? [];
      const sequence = next(current.sequence);
      await finish(queries, collection, {
        changes: [{ sequence, kind: "delete", ids: removed }],
        sequence,
        anchorCount: current.anchorCount - removed.length,
      });
      const receipt = await appendReceipt(queries, collection, {
        ...hashed,
        kind: "deletion",
        sequence,
        installation: null,
        generation: null,
        retainedBy,
      });
      if (forbidden !== undefined) {
        const kept = removed.map((id) => forbidden.get(id)).filter((one) => one !== undefined);
        await keepFingerprints(queries, collection, receipt.id, kept);
      }
      return { sequence, ids: removed, receipt };
    },
    { kind: "deletion" },
  );

const requireSequences = async (
  queries: Queries,
  { key }: CollectionRecord,
  expected: ReadonlyMap<AnchorId, Sequence>,
): Promise<void> => {
  const rows = await queries
    .select({ id: anchors.id, sequence: anchors.sequence })
    .from(anchors)
    .where(
      and(eq(anchors.collection, key), sql`${anchors.id} = ANY(${sql.param([...expected.keys()])}::text[])`),
    );
  const found = new Map(rows.map(({ id, sequence }) => [id, sequence]));
  for (const [id, sequence] of expected) {
    const now = found.get(id);
    if (now === sequence) continue;
    const state = now === undefined ? "was deleted" : `was written at sequence ${now}`;
    throw new AnchorageError("conflict", `Anchor "${id}" ${state} since it was read at ${sequence}.`);
  }
};

const next = (sequence: Sequence): Sequence => (sequence + 1) as Sequence;

/** Deletes the anchors with their vectors and images. Returns the deleted ids, in the order of `ids`. */
const removeRows = async (
  queries: Queries,
  { key }: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<AnchorId[]> => {
  const rows = await queries
    .delete(anchors)
    .where(and(eq(anchors.collection, key), sql`${anchors.id} = ANY(${sql.param(ids)}::text[])`))
    .returning({ id: anchors.id });
  const removed = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => removed.delete(id));
};

/** Inserts the rows of the anchors. Returns their keys, in the order of `writes`. */
const insertAnchors = async (
  queries: Queries,
  { key }: CollectionRecord,
  sequences: readonly Sequence[],
  writes: readonly AnchorWrite[],
): Promise<number[]> => {
  const ids = writes.map(({ id }) => id);
  const captions = writes.map(({ caption }) => caption);
  const metadata = writes.map((write) => JSON.stringify(write.metadata));
  const sources = writes.map(({ source }) => source?.container ?? null);
  const names = writes.map(({ source }) => source?.name ?? null);
  const imageHashes = writes.map(({ imageHash }) => bytesOf(imageHash ?? null));
  const captionHashes = writes.map(({ caption }) => bytesOf(hashOfCaption(caption)));
  const metadataHashes = writes.map((write) => bytesOf(hashOfMetadata(write.metadata)));
  const { rows } = await queries.execute<{ key: string; id: AnchorId }>(sql`
    INSERT INTO ${anchors} (collection, id, caption, metadata, sequence, source, source_name,
                            image_hash, caption_hash, metadata_hash)
    SELECT ${key}::bigint, given.id, given.caption, given.metadata::jsonb, given.sequence, given.source,
           given.source_name, given.image_hash, given.caption_hash, given.metadata_hash
    FROM unnest(${sql.param(ids)}::text[], ${sql.param(captions)}::text[], ${sql.param(metadata)}::text[],
                ${sql.param(sources)}::text[], ${sql.param(names)}::text[], ${sql.param(imageHashes)}::bytea[],
                ${sql.param(captionHashes)}::bytea[], ${sql.param(metadataHashes)}::bytea[],
                ${sql.param(sequences.map(String))}::bigint[])
      AS given (id, caption, metadata, source, source_name, image_hash, caption_hash, metadata_hash, sequence)
    RETURNING key, id`);
  const keys = new Map(rows.map((row) => [row.id, Number(row.key)]));
  return ids.map((id) => {
    const anchorKey = keys.get(id);
    // Only unpaired surrogates change when they are encoded as UTF-8.
    if (anchorKey === undefined)
      throw new AnchorageError("invalid-input", "An id is not well-formed Unicode.");
    return anchorKey;
  });
};

/** pg would send any other Uint8Array as an array of numbers. */
const bytesOf = (hash: Uint8Array | null): Buffer | null => (hash === null ? null : Buffer.from(hash));

const copyVectors = async (
  { client }: Transaction,
  { imageEncoder, textEncoder }: CollectionRecord,
  keys: readonly number[],
  writes: readonly AnchorWrite[],
): Promise<void> => {
  const rows = function* (): Generator<CopyValue[]> {
    for (const [at, { imageVector, textVector }] of writes.entries()) {
      const key = keys[at] ?? 0;
      yield [key, imageEncoder.key, toBytes(imageVector)];
      yield [key, textEncoder.key, toBytes(textVector)];
    }
  };
  await copyIn(client, "COPY vectors (anchor_key, encoder_key, data) FROM STDIN (FORMAT binary)", rows());
};

const copyImages = async (
  { client }: Transaction,
  keys: readonly number[],
  writes: readonly AnchorWrite[],
): Promise<void> => {
  const copy = async (
    table: "images" | "originals",
    imageOf: (write: AnchorWrite) => StoredImage | null,
  ): Promise<void> => {
    const rows = function* (): Generator<CopyValue[]> {
      for (const [at, write] of writes.entries()) {
        const image = imageOf(write);
        if (image !== null) yield [keys[at] ?? 0, Buffer.from(image.mediaType), image.bytes];
      }
    };
    if (writes.some((write) => imageOf(write) !== null))
      await copyIn(
        client,
        `COPY ${table} (anchor_key, media_type, bytes) FROM STDIN (FORMAT binary)`,
        rows(),
      );
  };
  await copy("images", ({ image }) => image);
  await copy("originals", ({ original = null }) => original);
};

const finish = async (
  queries: Queries,
  { key }: CollectionRecord,
  {
    changes: written,
    sequence,
    anchorCount,
  }: { readonly changes: readonly Change[]; readonly sequence: Sequence; readonly anchorCount: number },
): Promise<void> => {
  await queries
    .insert(changes)
    .values(written.map((change) => ({ collection: key, ...change, ids: [...change.ids] })));
  await queries
    .update(collections)
    .set({ sequence, anchorCount })
    .where(eq(collections.key, key))
    .returning({ announced: announcement({ collection: key, sequence }) });
};
