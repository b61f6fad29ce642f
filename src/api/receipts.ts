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
      "`previousHash`. A deletion has null for `installation` and `generation` there; an erasure an empty `salt` and the " +
      "hash of nothing.",
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
export type ReceiptQuery = z.output<typeof receiptQuery>;
/** How Postgres clears its rows: `rewrite` takes the bytes out of its files too and locks the tables meanwhile. */
export type TableCompaction = z.output<typeof tables>;
export type Compacted = z.output<typeof compacted>;
export type CompactedBody = z.input<typeof compacted>;
