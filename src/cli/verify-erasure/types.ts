import type { ReceiptState } from "../../api/receipts.ts";
import type { Receipt } from "../../store/index.ts";
import type { AnchorId, CollectionName, Metadata } from "../../types.ts";

/** An anchor that should be gone, as it once was; null where that is not known. */
export interface Suspect {
  /** Where it is described, such as `gone.jsonl:3`. */
  readonly source: string;
  readonly id: AnchorId | null;
  readonly caption: string | null;
  readonly metadata: Metadata | null;
  readonly imageVector: Float32Array | null;
  readonly textVector: Float32Array | null;
}

/** What of an anchor is looked for. */
export type What = "id" | "caption" | "image vector" | "text vector";

/** A place that holds what should be gone. */
export interface Trace {
  readonly what: What;
  /** `table jobs`, or a file with the offset of the first byte where that is known. */
  readonly where: string;
  /** How often, what live anchors hold of the same left out. */
  readonly times: number;
  /** How often it must lie there for the sake of live anchors. */
  readonly beyond: number;
}

/**
 * `replaced`: there is another anchor of this id, and none was deleted. `live`: it is there as it was. `unknown`: no
 * receipt tells of it.
 */
export type SuspectState = ReceiptState | "replaced" | "live" | "unknown";

export interface Finding {
  /** Its id, or where it is described. */
  readonly name: string;
  readonly state: SuspectState;
  /** The newest deletion that covers it. */
  readonly receipt: string | null;
  /** Whether the receipt's hash of the content is that of this anchor; null where the file does not tell all of it. */
  readonly sameContent: boolean | null;
  readonly traces: readonly Trace[];
  /** Too short, or too uniform, to be told from other bytes. */
  readonly unsearchable: readonly What[];
  /** Live anchors that hold the same caption or vector: `collection/id` where it is another's. */
  readonly shared: readonly { readonly what: What; readonly by: readonly string[] }[];
  /** Whether the list of changes names its id, as it does for good. */
  readonly idOnRecord: boolean;
}

export interface ChainReport {
  readonly receipts: number;
  /** Of the last receipt; empty where there is none. */
  readonly hash: string;
  /** Null where the chain is whole. */
  readonly fault: string | null;
}

export interface Searched {
  readonly tables: number;
  readonly rows: number;
  readonly closedTables: readonly string[];
  /** Null where Postgres did not let us read them. */
  readonly postgres: { readonly files: number; readonly bytes: number; readonly walBytes: number } | null;
  readonly indexes: { readonly files: number; readonly bytes: number };
}

export interface Proof {
  readonly collection: CollectionName;
  readonly chain: ChainReport;
  /** Those that cover what was asked for. */
  readonly receipts: readonly Receipt[];
  readonly findings: readonly Finding[];
  /** Null where no anchors were given, and only receipts were checked. */
  readonly searched: Searched | null;
}
