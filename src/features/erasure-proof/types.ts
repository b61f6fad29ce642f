import type { ReceiptState } from "../../api/receipts.ts";
import type { Receipt } from "../../store/index.ts";
import type { AnchorId, CollectionName, Metadata } from "../../types.ts";

/** A deleted anchor as it once was; null for unknown parts. */
export interface Suspect {
  /** Where it is described, such as `gone.jsonl:3`. */
  readonly source: string;
  readonly id: AnchorId | null;
  readonly caption: string | null;
  readonly metadata: Metadata | null;
  readonly imageVector: Float32Array | null;
  readonly textVector: Float32Array | null;
}

/** The parts of an anchor that are searched for. */
export type What = "id" | "caption" | "image vector" | "text vector";

/** A place that still contains deleted data. */
export interface Trace {
  readonly what: What;
  /** `table jobs`, or a file, with the offset of the first byte if it is known. */
  readonly where: string;
  /** Number of occurrences, without those of live anchors. */
  readonly times: number;
  /** Number of occurrences that live anchors account for. */
  readonly beyond: number;
}

/**
 * `replaced`: another anchor has this id and none was deleted. `live`: the anchor still exists. `unknown`: no receipt
 * covers its deletion.
 */
export type SuspectState = ReceiptState | "replaced" | "live" | "unknown";

export interface Finding {
  /** Its id, or where it is described. */
  readonly name: string;
  readonly state: SuspectState;
  /** The newest deletion that covers it. */
  readonly receipt: string | null;
  /** Whether the receipt's content hash matches this anchor; null if the file does not give all of its content. */
  readonly sameContent: boolean | null;
  readonly traces: readonly Trace[];
  /** Too short or too uniform to be distinguished from other bytes. */
  readonly unsearchable: readonly What[];
  /** Live anchors with the same caption or vector: `collection/id` for those of another collection. */
  readonly shared: readonly { readonly what: What; readonly by: readonly string[] }[];
  /** Whether the list of changes contains its id, until a compaction a day later. */
  readonly idOnRecord: boolean;
}

export interface ChainReport {
  readonly receipts: number;
  /** The last receipt; empty if there is none. */
  readonly hash: string;
  /** Null if the chain is intact. */
  readonly fault: string | null;
}

export interface Searched {
  readonly tables: number;
  readonly rows: number;
  readonly closedTables: readonly string[];
  /** Null if Postgres denied access to them. */
  readonly postgres: {
    readonly files: number;
    readonly bytes: number;
    /** Size of the write-ahead log where it was not searched; null where it was. */
    readonly walBytes: number | null;
  } | null;
  readonly indexes: { readonly files: number; readonly bytes: number };
}

export interface Proof {
  readonly collection: CollectionName;
  readonly chain: ChainReport;
  /** Receipts that cover the given anchors. */
  readonly receipts: readonly Receipt[];
  /** What these receipts name as made with the anchors and is still kept, such as `adapter captions@1`. */
  readonly retainedBy: readonly string[];
  readonly findings: readonly Finding[];
  /** Null if no anchors were given and only receipts were checked. */
  readonly searched: Searched | null;
}
