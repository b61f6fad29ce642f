import { z } from "@hono/zod-openapi";
import { collectionName, instant, optional, page, sequence } from "./values.ts";

export const receiptState = z.enum(["hidden", "erased"]).openapi({
  description:
    "`hidden`: the rows are gone and no query finds it, but its bytes may be in memory, in a snapshot and in the free " +
    "space of Postgres's files. `erased`: they are in none of these, and transforms that were fitted on it are " +
    "fitted anew; memory and snapshots are those of the service that answers.",
});

/** `erased`: this installation (a DATA_DIR) and the tables hold it nowhere any more. */
export type ReceiptState = z.output<typeof receiptState>;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const by = {
  key: z
    .string()
    .nullable()
    .openapi({ description: "The API key of the request; null where none was needed." }),
  user: z.string().nullable().openapi({ description: "The person, as a trusted proxy named them." }),
};

const link = {
  id: z.string(),
  position: z.int().openapi({ description: "In the collection's chain, from 1." }),
  sequence,
  count: z.int().openapi({ description: "Anchors deleted; or of those erased that were not before." }),
  previousHash: hash.openapi({ description: "Of the receipt before; zeros for the first." }),
  hash: hash.openapi({
    description:
      "sha256 of the canonical JSON (RFC 8785) of `collection` (its name), `id`, `kind`, `position`, `sequence`, `at` " +
      "(`deletedAt`, or an erasure's `erasedAt`), `count`, `salt`, `anchorsHash`, `installation`, `generation`, " +
      "`previousHash`, and, from version 2 on, `version`, `key`, `user`, `retainedBy` and `nodes`. A deletion has null for " +
      "`installation` and `generation` there; an erasure an empty `salt` and the hash of nothing.",
  }),
  version: z.union([z.literal(1), z.literal(2)]).openapi({ description: "What the hash covers." }),
  ...by,
  retainedBy: z.array(z.string()).readonly().openapi({
    description: "What was made with anchors of the collection and is kept, such as `adapter captions@1`.",
  }),
  nodes: z.array(z.string()).readonly().openapi({
    description: "The database nodes that stored the anchors, where there are several.",
  }),
};

const deletionReceipt = z
  .strictObject({
    kind: z.literal("deletion"),
    ...link,
    state: receiptState,
    deletedAt: instant,
    erasedAt: instant.nullable(),
    generation: z.int().nullable().openapi({ description: "The first erasure here that covers it." }),
    fitsFrom: sequence.nullable().openapi({
      description:
        "No transform, alignment or calibration that is used from this sequence on was fitted on the deleted anchors; null while hidden.",
    }),
    salt: z.string().openapi({ description: "16 bytes in hexadecimal." }),
    anchorsHash: hash.openapi({ description: "sha256 of all hashes in `anchors`, id before content." }),
    anchors: optional(
      z
        .array(
          z.strictObject({
            id: hash.openapi({ description: "sha256 of the salt and the id's UTF-8." }),
            content: hash.openapi({
              description:
                "sha256 of the salt and the canonical JSON of `caption`, `imageVector`, `metadata` and `textVector`, the " +
                "vectors as base64 of float32, little-endian.",
            }),
          }),
        )
        .readonly(),
    ).openapi({ description: "Of a receipt that was asked for by its id." }),
  })
  .openapi("DeletionReceipt");

const erasureReceipt = z
  .strictObject({
    kind: z.literal("erasure"),
    ...link,
    sequence: sequence.openapi({ description: "Everything deleted up to it was erased." }),
    erasedAt: instant,
    installation: z.string().openapi({ description: "The DATA_DIR whose indexes it was erased from." }),
    generation: z.int().openapi({ description: "Counts the installation's erasures in this collection." }),
  })
  .openapi("ErasureReceipt");

export const receipt = z
  .discriminatedUnion("kind", [deletionReceipt, erasureReceipt])
  .openapi("Receipt", { description: "A link of the chain that every deletion and erasure adds to." });

export const receiptPage = z
  .strictObject({ receipts: z.array(receipt).readonly(), nextCursor: z.string().nullable() })
  .openapi("ReceiptPage");

const serviceReceipt = z
  .strictObject({
    id: z.string(),
    position: z.int().openapi({ description: "In the chain of deleted collections, from 1." }),
    deletedAt: instant,
    collection: collectionName,
    sequence: sequence.openapi({ description: "Of the collection when it was deleted." }),
    count: z.int().openapi({ description: "Its anchors." }),
    lastHash: hash
      .nullable()
      .openapi({ description: "Of its last receipt, which went with it; null without one." }),
    ...by,
    previousHash: hash.openapi({ description: "Of the receipt before; zeros for the first." }),
    hash: hash.openapi({
      description:
        "sha256 of the canonical JSON (RFC 8785) of `id`, `position`, `at` (`deletedAt`), `collection`, `sequence`, `count`, " +
        "`lastHash`, `key`, `user`, `previousHash`.",
    }),
  })
  .openapi("ServiceReceipt");

export const serviceReceiptPage = z
  .strictObject({ receipts: z.array(serviceReceipt).readonly(), nextCursor: z.string().nullable() })
  .openapi("ServiceReceiptPage");

export const receiptPath = z.strictObject({
  collection: collectionName.openapi({ param: { name: "collection", in: "path" } }),
  id: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\0]*$/, "must not hold NUL")
    .openapi({ param: { name: "id", in: "path" } }),
});

export const receiptQuery = z.strictObject(page);

const tables = z.enum(["vacuum", "rewrite"]);

export const compactQuery = z.strictObject({
  tables: optional(
    tables.openapi({
      default: "rewrite",
      description:
        "`rewrite`: Postgres writes the tables anew without what was deleted, and locks them meanwhile; writes wait. " +
        "`vacuum`: it frees the space, which keeps its bytes until something is written over them; no lock, and " +
        "receipts stay `hidden`.",
    }),
  ),
});

export const compacted = z
  .strictObject({
    generation: z.int().openapi({ description: "0 where nothing was ever deleted." }),
    erased: z
      .int()
      .openapi({ description: "Deleted anchors that were not known to be erased before; 0 for `vacuum`." }),
    sequence: sequence.openapi({
      description: "Of what was deleted up to it nothing is left in memory and in snapshots.",
    }),
    tables,
    tookMs: z.number(),
  })
  .openapi("Compacted");

/** One link of a collection's chain: a deletion, or an erasure of what was deleted. */
export type ReceiptDetail = z.output<typeof receipt>;
export type ReceiptBody = z.input<typeof receipt>;
export type ReceiptPage = z.output<typeof receiptPage>;
export type ReceiptPageBody = z.input<typeof receiptPage>;
export type ServiceReceiptPage = z.output<typeof serviceReceiptPage>;
export type ServiceReceiptPageBody = z.input<typeof serviceReceiptPage>;
export type ReceiptQuery = z.output<typeof receiptQuery>;
/** How Postgres clears its rows: `rewrite` takes the bytes out of its files too and locks the tables meanwhile. */
export type TableCompaction = z.output<typeof tables>;
export type Compacted = z.output<typeof compacted>;
export type CompactedBody = z.input<typeof compacted>;
