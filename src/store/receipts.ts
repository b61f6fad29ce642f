import { randomBytes, randomUUID } from "node:crypto";
import { and, asc, desc, eq, gt, max, min, sql, sum, type SQL } from "drizzle-orm";
import type { AnchorId, Sequence } from "../types.ts";
import { selectAnchors } from "./anchor-reads.ts";
import type { Database, Queries } from "./database.ts";
import { lockCollection } from "./lock-collection.ts";
import { currentLogFields } from "../log.ts";
import {
  FIRST_PREVIOUS,
  hashOfContent,
  hashOfId,
  hashOfReceipt,
  hashOfServiceReceipt,
} from "./receipt-chain.ts";
import { receipts, serviceReceipts } from "./schema.ts";
import type { CollectionRecord, ErasureRecord, Receipt, ReceiptEntry, ServiceReceipt } from "./types.ts";

const SALT_BYTES = 16;
/** Small, because the vectors of a batch are hashed without yielding to the event loop. */
const HASHED_AT_ONCE = 250;

/** Computes the salted hashes of the existing anchors among `ids`, for the receipt of their deletion. */
export const hashAnchors = async (
  queries: Queries,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<{ readonly salt: Uint8Array; readonly anchors: Uint8Array; readonly count: number }> => {
  const salt = randomBytes(SALT_BYTES);
  const hashes: Buffer[] = [];
  const distinct = [...new Set(ids)];
  for (let first = 0; first < distinct.length; first += HASHED_AT_ONCE) {
    const some = await selectAnchors(queries, collection, distinct.slice(first, first + HASHED_AT_ONCE));
    for (const anchor of some) hashes.push(hashOfId(salt, anchor.id), hashOfContent(salt, anchor));
  }
  return { salt, anchors: Buffer.concat(hashes), count: hashes.length / 2 };
};

/** Appends a receipt to the collection's chain. The transaction of `queries` must hold the collection's write lock. */
export const appendReceipt = async (
  queries: Queries,
  { key, name }: CollectionRecord,
  said: Pick<
    ReceiptEntry,
    "kind" | "sequence" | "count" | "salt" | "anchors" | "installation" | "generation" | "retainedBy"
  >,
): Promise<ReceiptEntry> => {
  const [last] = await queries
    .select({ position: receipts.position, hash: receipts.hash })
    .from(receipts)
    .where(eq(receipts.collection, key))
    .orderBy(desc(receipts.position))
    .limit(1);
  const unsigned = {
    ...said,
    version: 2 as const,
    ...currentCaller(),
    nodes: [],
    id: randomUUID(),
    position: (last?.position ?? 0) + 1,
    at: new Date(),
    previousHash: last?.hash ?? FIRST_PREVIOUS,
  };
  const entry = { ...unsigned, hash: hashOfReceipt(name, unsigned) };
  await queries.insert(receipts).values({ ...entry, apiKey: entry.key, collection: key });
  return entry;
};

/** Who sent the request that is being answered, as its log fields say. */
const currentCaller = (): Pick<ReceiptEntry, "key" | "user"> => {
  const { key, user } = currentLogFields();
  return { key: typeof key === "string" ? key : null, user: typeof user === "string" ? user : null };
};

/** Appends a receipt to the chain of deleted collections. */
export const appendServiceReceipt = async (
  queries: Queries,
  said: Pick<ServiceReceipt, "collection" | "sequence" | "count" | "lastHash">,
): Promise<ServiceReceipt> => {
  // Deletions of several collections take turns, so that the chain has one end.
  await queries.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended('service receipts', 0))`);
  const [last] = await queries
    .select({ position: serviceReceipts.position, hash: serviceReceipts.hash })
    .from(serviceReceipts)
    .orderBy(desc(serviceReceipts.position))
    .limit(1);
  const unsigned = {
    ...said,
    ...currentCaller(),
    id: randomUUID(),
    position: (last?.position ?? 0) + 1,
    at: new Date(),
    previousHash: last?.hash ?? FIRST_PREVIOUS,
  };
  const receipt = { ...unsigned, hash: hashOfServiceReceipt(unsigned) };
  await queries.insert(serviceReceipts).values({ ...receipt, apiKey: receipt.key });
  return receipt;
};

/** Lists receipts of deleted collections in chain order, those after position `after`. */
export const listServiceReceipts = async (
  database: Database,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<ServiceReceipt[]> => {
  const rows = await database.query((queries) =>
    queries
      .select()
      .from(serviceReceipts)
      .where(gt(serviceReceipts.position, after))
      .orderBy(asc(serviceReceipts.position))
      .limit(limit),
  );
  return rows.map(({ apiKey, ...row }) => ({ ...row, key: apiKey }));
};

/** When the oldest deletion happened that this installation has not erased; null where all are erased. */
export const oldestHidden = async (database: Database, { key }: CollectionRecord): Promise<Date | null> => {
  const since = await erasedUpTo(database, { key });
  const [oldest] = await database.query((queries) =>
    queries
      .select({ at: min(receipts.at) })
      .from(receipts)
      .where(and(eq(receipts.collection, key), eq(receipts.kind, "deletion"), gt(receipts.sequence, since))),
  );
  return oldest?.at ?? null;
};

/**
 * Records that this installation no longer stores anything of the anchors deleted up to `sequence`. Writes no receipt if
 * all of them were recorded before.
 *
 * @throws AnchorageError `not-found` if the collection is gone
 */
export const recordErasure = async (
  database: Database,
  collection: CollectionRecord,
  sequence: Sequence,
): Promise<ErasureRecord> =>
  database.transaction(async ({ queries }) => {
    const { installation } = database;
    await lockCollection(queries, collection);
    const { sequence: since, generation } = await lastErasure(queries, collection, installation);
    const [gone] = await queries
      .select({ anchors: sum(receipts.count) })
      .from(receipts)
      .where(
        and(
          eq(receipts.collection, collection.key),
          eq(receipts.kind, "deletion"),
          sql`${receipts.sequence} > ${since}`,
          sql`${receipts.sequence} <= ${sequence}`,
        ),
      );
    const erased = Number(gone?.anchors ?? 0);
    if (erased === 0) return { generation, erased };
    const nothing = new Uint8Array(0);
    await appendReceipt(queries, collection, {
      kind: "erasure",
      sequence,
      count: erased,
      salt: nothing,
      anchors: nothing,
      installation,
      generation: generation + 1,
      retainedBy: [],
    });
    return { generation: generation + 1, erased };
  });

/** The number of erasures that this installation has recorded for the collection. */
export const erasedGeneration = async (database: Database, collection: CollectionRecord): Promise<number> =>
  (await database.query((queries) => lastErasure(queries, collection, database.installation))).generation;

/** The sequence up to which what was deleted is erased by this installation; 0 where nothing was. */
export const erasedUpTo = async (
  database: Database,
  collection: Pick<CollectionRecord, "key">,
): Promise<Sequence> => {
  const { sequence } = await database.query((queries) =>
    lastErasure(queries, collection, database.installation),
  );
  return sequence as Sequence;
};

const lastErasure = async (
  queries: Queries,
  { key }: Pick<CollectionRecord, "key">,
  installation: string,
): Promise<{ readonly sequence: number; readonly generation: number }> => {
  const [last] = await queries
    .select({ sequence: max(receipts.sequence), generation: max(receipts.generation) })
    .from(receipts)
    .where(
      and(
        eq(receipts.collection, key),
        eq(receipts.kind, "erasure"),
        eq(receipts.installation, installation),
      ),
    );
  return { sequence: last?.sequence ?? 0, generation: last?.generation ?? 0 };
};

/** SQL for a column, as text, of the first erasure by `installation` that covers a deletion. */
const erasing = (column: "generation" | "at" | "sequence", installation: string): SQL<string | null> => sql<
  string | null
>`(
  SELECT erasure.${sql.identifier(column)}::text FROM receipts erasure
  WHERE erasure.collection = receipts.collection AND erasure.kind = 'erasure' AND receipts.kind = 'deletion'
    AND erasure.installation = ${installation} AND erasure.sequence >= receipts.sequence
  ORDER BY erasure.position LIMIT 1)`;

const select = (queries: Queries, installation: string) =>
  queries
    .select({
      id: receipts.id,
      kind: receipts.kind,
      position: receipts.position,
      sequence: receipts.sequence,
      at: receipts.at,
      count: receipts.count,
      salt: receipts.salt,
      anchors: receipts.anchors,
      installation: receipts.installation,
      generation: receipts.generation,
      previousHash: receipts.previousHash,
      hash: receipts.hash,
      version: receipts.version,
      key: receipts.apiKey,
      user: receipts.user,
      retainedBy: receipts.retainedBy,
      nodes: receipts.nodes,
      fitsFrom: erasing("sequence", installation),
      erasedIn: erasing("generation", installation),
      erasedAt: erasing("at", installation),
    })
    .from(receipts);

type Row = Awaited<ReturnType<typeof select>>[number];

const receiptOf = ({ erasedIn, erasedAt, fitsFrom, ...entry }: Row): Receipt => ({
  ...entry,
  erased:
    erasedIn === null || erasedAt === null
      ? null
      : { generation: Number(erasedIn), at: new Date(erasedAt), fitsFrom: Number(fitsFrom) as Sequence },
});

/** Finds a receipt by id; null if the collection has none with this id. */
export const findReceipt = async (
  database: Database,
  { key }: CollectionRecord,
  id: string,
): Promise<Receipt | null> => {
  const [row] = await database.query((queries) =>
    select(queries, database.installation).where(and(eq(receipts.collection, key), eq(receipts.id, id))),
  );
  return row === undefined ? null : receiptOf(row);
};

/** Lists receipts in chain order, those after position `after`. */
export const listReceipts = async (
  database: Database,
  { key }: CollectionRecord,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<Receipt[]> => {
  const rows = await database.query((queries) =>
    select(queries, database.installation)
      .where(and(eq(receipts.collection, key), gt(receipts.position, after)))
      .orderBy(asc(receipts.position))
      .limit(limit),
  );
  return rows.map(receiptOf);
};
