import type { Sequence } from "../types.ts";

/**
 * `hidden`: the rows are gone and no query finds it, but its bytes may be in memory, in a snapshot and in the files of
 * Postgres. `erased`: this installation (a DATA_DIR) and the tables hold it in none of them.
 */
export type ReceiptState = "hidden" | "erased";

export interface DeletionReceipt {
  /** Null where nothing was there to delete, for which there is no receipt. */
  readonly id: string | null;
  readonly state: ReceiptState;
  readonly sequence: Sequence;
  readonly deletedAt: Date;
  readonly count: number;
  /** Kept by whoever asked, it proves that the receipt is still the same. */
  readonly hash: string | null;
}

interface ChainLink {
  readonly id: string;
  /** In the collection's chain, from 1. */
  readonly position: number;
  readonly sequence: Sequence;
  readonly count: number;
  /** In hexadecimal, as all hashes here. */
  readonly previousHash: string;
  readonly hash: string;
}

export type ReceiptDetail =
  | (ChainLink & {
      readonly kind: "deletion";
      readonly state: ReceiptState;
      readonly deletedAt: Date;
      readonly erasedAt: Date | null;
      /** The first of this installation's that holds nothing of it. */
      readonly generation: number | null;
      readonly salt: string;
      readonly anchorsHash: string;
      /** Of a receipt that was asked for by its id. */
      readonly anchors?: readonly { readonly id: string; readonly content: string }[];
    })
  | (ChainLink & {
      readonly kind: "erasure";
      readonly erasedAt: Date;
      readonly installation: string;
      readonly generation: number;
    });

export interface ReceiptPage {
  readonly receipts: readonly ReceiptDetail[];
  readonly nextCursor: string | null;
}

export interface CompactionResult {
  /** Of this installation's; 0 where nothing was ever deleted. */
  readonly generation: number;
  /** Deleted anchors that were not known to be erased before; 0 for `vacuum`, which erases none. */
  readonly erased: number;
  /** Of what was deleted up to here nothing is left in memory and in snapshots. */
  readonly sequence: Sequence;
  readonly tables: "vacuum" | "rewrite";
  readonly tookMs: number;
}
