import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import type {
  AlignmentKind,
  AnchorId,
  CollectionName,
  EncoderId,
  Ensemble,
  Metadata,
  Method,
  Modality,
  Negatives,
  Sequence,
  Transform,
  TransformKind,
} from "../types.ts";
import type { ImageKeeping } from "../api/collections.ts";
import type { Job, JobState } from "../api/service.ts";
import { transform as transformSchema } from "../api/transforms.ts";
import type { Change, ReceiptEntry } from "./types.ts";

/** A column of bytes. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  // pg would send any other Uint8Array as an array of numbers.
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/** A transform by its name, or as JSON. */
const transformColumn = customType<{ data: Transform; driverData: string }>({
  dataType: () => "text",
  toDriver: (transform) => (typeof transform === "string" ? transform : JSON.stringify(transform)),
  fromDriver: (stored) => transformSchema.parse(stored.startsWith("{") ? JSON.parse(stored) : stored),
});

/** Text that sorts by its UTF-8 bytes, whatever the server's locale. */
export const byteOrderedText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/** A timestamp column with millisecond precision. */
export const momentNow = (name: string) => timestamp(name, { withTimezone: true, precision: 3 }).notNull();
const identity = () => bigint("key", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity();
/** A column for a collection's sequence. */
export const sequenceColumn = () => bigint("sequence", { mode: "number" }).$type<Sequence>().notNull();

export const encoders = pgTable(
  "encoders",
  {
    key: identity(),
    id: text("id").$type<EncoderId>().notNull(),
    modality: text("modality").$type<Modality>().notNull(),
    dimension: integer("dimension").notNull(),
    sha256: text("sha256").notNull(),
    source: text("source").notNull(),
    licence: text("licence").notNull(),
    external: boolean("external").notNull(),
    /** Of an external encoder, as the caller gave them. */
    name: text("name"),
    fingerprint: text("fingerprint"),
  },
  (t) => [unique("encoders_identity").on(t.id, t.sha256, t.modality, t.dimension)],
);

export const collections = pgTable(
  "collections",
  {
    key: identity(),
    name: byteOrderedText("name").$type<CollectionName>().notNull(),
    imageEncoder: bigint("image_encoder", { mode: "number" })
      .notNull()
      .references(() => encoders.key),
    textEncoder: bigint("text_encoder", { mode: "number" })
      .notNull()
      .references(() => encoders.key),
    /** Null: `auto`, as is a null p. */
    asifK: integer("asif_k"),
    asifP: doublePrecision("asif_p"),
    // Rows written before there was a choice keep negative similarities.
    asifNegatives: text("asif_negatives").$type<Negatives>().notNull().default("keep"),
    transform: transformColumn("transform").notNull(),
    method: text("method").$type<Method>().notNull().default("asif"),
    rank: integer("rank"),
    ensemble: text("ensemble").$type<Ensemble>().notNull().default("max"),
    // Collections made before there was a choice keep thumbnails.
    images: jsonb("images")
      .$type<ImageKeeping>()
      .notNull()
      .default({ keep: "thumbnail", longestSide: 2_048, format: "as-sent" }),
    sequence: sequenceColumn().default(0 as Sequence),
    anchorCount: integer("anchor_count").notNull().default(0),
    createdAt: momentNow("created_at").defaultNow(),
  },
  (t) => [unique("collections_name").on(t.name)],
);

/** A foreign key to an encoder. */
export const encoderKey = (name: string) =>
  bigint(name, { mode: "number" })
    .notNull()
    .references(() => encoders.key);

/** A foreign key to a collection; the row is deleted with the collection. */
export const collectionKey = () =>
  bigint("collection", { mode: "number" })
    .notNull()
    .references(() => collections.key, { onDelete: "cascade" });

export const anchors = pgTable(
  "anchors",
  {
    key: identity(),
    collection: collectionKey(),
    id: byteOrderedText("id").$type<AnchorId>().notNull(),
    caption: text("caption"),
    metadata: jsonb("metadata").$type<Metadata>().notNull(),
    sequence: sequenceColumn(),
    /** The folder, table or shard that it comes from; null like the hashes where that is not known. */
    source: text("source"),
    /** Its name in the source. */
    sourceName: text("source_name"),
    /** SHA-256 of the image's file; see content-hashes.ts. */
    imageHash: bytea("image_hash"),
    captionHash: bytea("caption_hash"),
    metadataHash: bytea("metadata_hash"),
  },
  (t) => [
    unique("anchors_collection_id").on(t.collection, t.id),
    // As caption-search.ts asks; a text of some megabytes has no tsvector.
    index("anchors_caption_words").using("gin", sql`to_tsvector('simple', left(${t.caption}, 100000))`),
  ],
);

const anchorKey = () =>
  bigint("anchor_key", { mode: "number" })
    .notNull()
    .references(() => anchors.key, { onDelete: "cascade" });

export const images = pgTable("images", {
  anchorKey: anchorKey().primaryKey(),
  mediaType: text("media_type").notNull(),
  bytes: bytea("bytes").notNull(),
});

/** Images as they were sent, or smaller, beside their thumbnails in {@link images}. */
export const originals = pgTable("originals", {
  anchorKey: anchorKey().primaryKey(),
  mediaType: text("media_type").notNull(),
  bytes: bytea("bytes").notNull(),
});

/** One row per anchor and encoder; `data` is little-endian float32. */
export const vectors = pgTable(
  "vectors",
  {
    anchorKey: anchorKey(),
    encoderKey: bigint("encoder_key", { mode: "number" })
      .notNull()
      .references(() => encoders.key),
    data: bytea("data").notNull(),
  },
  (t) => [primaryKey({ columns: [t.anchorKey, t.encoderKey] })],
);

/** One row per committed write. */
export const changes = pgTable(
  "changes",
  {
    collection: collectionKey(),
    sequence: sequenceColumn(),
    kind: text("kind").$type<Change["kind"]>().notNull(),
    ids: text("ids").array().$type<AnchorId[]>().notNull(),
    createdAt: momentNow("created_at").defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.collection, t.sequence] })],
);

export const transforms = pgTable(
  "transforms",
  {
    collection: collectionKey(),
    modality: text("modality").$type<Modality>().notNull(),
    kind: text("kind").$type<TransformKind | AlignmentKind>().notNull(),
    version: integer("version").notNull(),
    sequence: sequenceColumn(),
    anchorCount: integer("anchor_count").notNull(),
    mean: bytea("mean").notNull(),
    projection: bytea("projection"),
    weights: bytea("weights"),
  },
  (t) => [primaryKey({ columns: [t.collection, t.modality, t.kind, t.version] })],
);

/** Append-only: each row contains the hash of the previous row. See receipt-chain.ts. */
export const receipts = pgTable(
  "receipts",
  {
    collection: collectionKey(),
    position: bigint("position", { mode: "number" }).notNull(),
    id: text("id").notNull(),
    kind: text("kind").$type<ReceiptEntry["kind"]>().notNull(),
    sequence: sequenceColumn(),
    at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
    count: integer("count").notNull(),
    salt: bytea("salt").notNull(),
    anchors: bytea("anchors").notNull(),
    installation: text("installation"),
    generation: integer("generation"),
    // What the hash covers; rows written before there were versions are of the first.
    version: integer("version").$type<ReceiptEntry["version"]>().notNull().default(1),
    apiKey: text("api_key"),
    user: text("user_name"),
    retainedBy: jsonb("retained_by").$type<readonly string[]>().notNull().default([]),
    nodes: jsonb("nodes").$type<readonly string[]>().notNull().default([]),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (t) => [primaryKey({ columns: [t.collection, t.position] }), unique("receipts_id").on(t.id)],
);

/** One row per deleted collection, whose own receipts go with it; a chain like that of {@link receipts}. */
export const serviceReceipts = pgTable("service_receipts", {
  position: bigint("position", { mode: "number" }).primaryKey(),
  id: text("id").notNull().unique(),
  at: timestamp("at", { withTimezone: true, precision: 3 }).notNull(),
  collection: text("collection").$type<CollectionName>().notNull(),
  sequence: sequenceColumn(),
  count: integer("count").notNull(),
  /** The hash of the collection's last receipt; null where it had none. */
  lastHash: text("last_hash"),
  apiKey: text("api_key"),
  user: text("user_name"),
  previousHash: text("previous_hash").notNull(),
  hash: text("hash").notNull(),
});

/** The key of a collection's fingerprints; absent as long as nothing was deleted for good. */
export const neverAgainSecrets = pgTable("never_again_secrets", {
  collection: collectionKey().primaryKey(),
  secret: bytea("secret").notNull(),
});

/** Fingerprints of anchors that must not come back. See never-again.ts. */
export const neverAgain = pgTable(
  "never_again",
  {
    key: identity(),
    collection: collectionKey(),
    /** The id of the deletion's receipt. */
    receipt: text("receipt").notNull(),
    image: bytea("image"),
    picture: bigint("picture", { mode: "bigint" }),
    caption: bytea("caption"),
  },
  (t) => [index("never_again_collection").on(t.collection)],
);

export const jobs = pgTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    subject: text("subject").notNull(),
    state: text("state").$type<JobState>().notNull(),
    done: bigint("done", { mode: "number" }).notNull(),
    total: bigint("total", { mode: "number" }).notNull(),
    error: text("error"),
    /** Details in addition to the progress, such as the loss of a training run. */
    detail: jsonb("detail").$type<Job["detail"]>(),
    /** The installation (a DATA_DIR) whose process runs it. */
    owner: text("owner").notNull(),
    createdAt: momentNow("created_at"),
    updatedAt: momentNow("updated_at"),
  },
  (t) => [index("jobs_created").on(t.createdAt, t.id)],
);
