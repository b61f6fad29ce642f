import { hash } from "node:crypto";
import { z } from "zod";
import { collectionName } from "../../api/values.ts";

/**
 * A backup is a tar archive. Its first entry is the header, its last one the summary, and between them are the parts of
 * each table: pieces of a binary COPY, compressed by Brotli. Each entry's name holds the SHA-256 of its bytes:
 *
 * ```
 * header/<sha256>.json
 * tables/<table>/<number>/<sha256>.br
 * summary/<sha256>.json
 * ```
 */
export const BACKUP_FORMAT = 1;

const key = z.int().nonnegative();
const count = z.int().nonnegative();
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const chainEnd = z.strictObject({ position: z.int().positive(), hash: hex });
const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);

const savedCollection = z.strictObject({
  key,
  name: collectionName,
  createdAt: z.string(),
  /** The sequence that the backup shows the collection at. */
  sequence: count,
  anchorCount: count,
  /** Keys of its encoders. */
  imageEncoder: key,
  textEncoder: key,
  /** The last receipt of its chain; null if nothing was ever deleted. */
  receipts: chainEnd.nullable(),
});

const savedTable = z.strictObject({
  name: identifier,
  columns: z
    .array(z.strictObject({ name: identifier, type: z.string().regex(/^[a-z ]+(\(\d+\))?[a-z ]*(\[\])?$/) }))
    .min(1)
    .readonly(),
  rows: count,
});

/** What a backup says about itself before its rows. */
export const backupHeader = z.strictObject({
  format: z.literal("anchorage-backup"),
  version: z.literal(BACKUP_FORMAT),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  /** `receipts`: nothing but the chains of receipts. */
  contents: z.enum(["everything", "receipts"]),
  /** The version of Postgres, such as `18.4`. */
  postgres: z.string(),
  /** How many migrations its tables have seen. */
  migrations: z.int().positive(),
  /** The id of the DATA_DIR. */
  installation: z.string(),
  /** The public key of the reports of erasures; null if DATA_DIR has none, or is not at hand. */
  signingKey: z.string().nullable(),
  /** The size of the database's tables, in bytes. */
  bytes: count,
  collections: z.array(savedCollection).readonly(),
  /** The last receipt of a deleted collection. */
  serviceReceipts: chainEnd.nullable(),
  /** In the order in which they can be restored. */
  tables: z.array(savedTable).readonly(),
  /** The backup that this one continues; null for a full backup. */
  base: z
    .strictObject({
      id: z.uuid(),
      createdAt: z.iso.datetime(),
      collections: z
        .array(savedCollection.pick({ key: true, sequence: true, imageEncoder: true, textEncoder: true }))
        .readonly(),
    })
    .nullable(),
  /** Of an incremental backup: the encoders that each collection has vectors of, `[collection, encoder]`. */
  vectors: z.array(z.tuple([key, key])).readonly(),
});

/** What a backup says about itself after its rows; a file without it is not a backup. */
export const backupSummary = z.strictObject({
  id: z.uuid(),
  parts: count,
  /** SHA-256 of the names of all entries before it, a line each. */
  sha256: hex,
  /** The last key that each identity column has given. */
  keys: z.array(z.strictObject({ table: identifier, column: identifier, last: z.int() })).readonly(),
  /** Rows by table, as they were written. */
  rows: z.record(identifier, count),
});

/** The header of a backup of another version. */
export const anyHeader = z.looseObject({ format: z.literal("anchorage-backup"), version: z.number() });

export type BackupHeader = z.output<typeof backupHeader>;
export type BackupSummary = z.output<typeof backupSummary>;
export type BackupBase = NonNullable<BackupHeader["base"]>;
export type SavedCollection = BackupHeader["collections"][number];
export type SavedTable = BackupHeader["tables"][number];

/** The table, which the database does not have, of anchors that did not change since the base: `key, collection`. */
export const UNCHANGED = "unchanged";
/** The entry with the private key that signs reports, where it is asked for. */
export const SIGNING_KEY = "signing_key";

export const entryChecksum = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

/** What an incremental backup needs to know of the backup before it. */
export const baseOf = ({ id, createdAt, collections }: BackupHeader): BackupBase => ({
  id,
  createdAt,
  collections: collections.map(({ key: of, sequence, imageEncoder, textEncoder }) => ({
    key: of,
    sequence,
    imageEncoder,
    textEncoder,
  })),
});
