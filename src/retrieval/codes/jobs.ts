import type { MessagePort } from "node:worker_threads";
import type { BatchRanked, BatchRescore } from "./batch-rescore.ts";
import type { BatchCandidates, BatchPart } from "./batch-scan.ts";
import type { Ranked } from "./best-rows.ts";
import type { ListPart, ListsRanked } from "../partitions/list-part.ts";
import type { FlatPart } from "./flat-part.ts";
import type { Mail } from "./mailbox.ts";
import type { RowsHandle } from "./rows.ts";
import type { SegmentHandle } from "./segment.ts";

/** What searches work on, as the main thread hands it to workers: sent once and then known by a number. */
export type Shared = { readonly segment: SegmentHandle } | { readonly rows: RowsHandle };

/** The kinds of work that a search worker does: what it is given, beside what is shared, and what it answers. */
export interface SearchJobs {
  readonly part: { readonly argument: FlatPart; readonly answer: Ranked };
  readonly scanBatch: { readonly argument: BatchPart; readonly answer: BatchCandidates };
  /** A search of a segment's lists. */
  readonly lists: { readonly argument: ListPart; readonly answer: ListsRanked };
  readonly rescoreBatch: { readonly argument: BatchRescore; readonly answer: BatchRanked };
}

export type SearchJobKind = keyof SearchJobs;

/** One job: its kind, the numbers of the segment and rows that it works on, and its argument. */
export interface SearchJob<Kind extends SearchJobKind = SearchJobKind> {
  readonly kind: Kind;
  readonly segment: number;
  readonly rows: number;
  readonly argument: SearchJobs[Kind]["argument"];
}

/** A message to a worker. */
export type SearchMessage =
  | { readonly open: number; readonly shared: Shared }
  | { readonly forget: number }
  | { readonly job: SearchJob }
  | { readonly close: true };

/** What a worker is started with. */
export interface SearchWorkerData {
  readonly port: MessagePort;
  readonly mail: Mail;
  /** Number of its work areas, from 1 on. */
  readonly thread: number;
}
