import { reject, type Reject } from "../files/index.ts";
import { MAX_BATCH_BYTES } from "../../client/index.ts";
import { faultIn } from "./check.ts";
import type { TakenId } from "./choose-id.ts";
import type { Identities } from "./identities.ts";
import {
  chooseBatch,
  loadPair,
  storeBatch,
  type BatchOptions,
  type ImportTarget,
  type Loaded,
} from "./store-batch.ts";
import type { Pair, PairSource } from "./types.ts";

/** Small enough that an interruption loses little, large enough that a transaction costs nothing. */
const PAIRS_A_BATCH = 32;
/** One batch is encoded while the one before it is written, and a third one is read meanwhile. */
const BATCHES_AT_ONCE = 2;

/** What became of a source's entries: read = stored + present + rejected + ignored when an import ends by itself. */
export interface ImportCounts {
  readonly read: number;
  readonly stored: number;
  /** Were in the collection before, or earlier in the source, with the same content. */
  readonly present: number;
  readonly rejected: number;
  /** Of the rejected ones: they are in the collection with another content. */
  readonly changed: number;
  /** Were found and are not used. */
  readonly ignored: number;
}

const NOTHING: ImportCounts = { read: 0, stored: 0, present: 0, rejected: 0, changed: 0, ignored: 0 };

export interface ImportOptions {
  /** Of the plan that was made of the same source. */
  readonly identities: Identities;
  /** Writes what the collection has already once more, instead of leaving it. */
  readonly replace: boolean;
  /** Once it is aborted nothing more is read, and the batches that are under way are finished. */
  readonly signal: AbortSignal;
  readonly onReject: (reject: Reject) => void;
  readonly onProgress: (counts: ImportCounts) => void;
}

/** The result of an import. */
export interface Imported {
  readonly counts: ImportCounts;
  /** Ids that pairs of the source have, or may have where they were rejected. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Puts the pairs of `source` into `target`, batch by batch, in the source's order. A pair that cannot be stored is
 * rejected and the others go on. Run again, it leaves what is stored and equal.
 *
 * @throws what `source` and `target` throw, when the batches that were under way have ended; what had been read before
 * the source failed is stored
 */
export const importPairs = async (
  source: PairSource,
  target: ImportTarget,
  options: ImportOptions,
): Promise<Imported> => {
  const { identities, replace, signal } = options;
  let counts = NOTHING;
  const taken = new Map<string, TakenId>();
  const ids = new Set<string>();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];

  const count = (change: Partial<Record<keyof ImportCounts, number>>): void => {
    const { read, stored, present, rejected, changed, ignored } = counts;
    counts = {
      read: read + (change.read ?? 0),
      stored: stored + (change.stored ?? 0),
      present: present + (change.present ?? 0),
      rejected: rejected + (change.rejected ?? 0),
      changed: changed + (change.changed ?? 0),
      ignored: ignored + (change.ignored ?? 0),
    };
    options.onProgress(counts);
  };
  const onReject = (rejected: Reject): void => {
    if (rejected.id !== undefined) ids.add(rejected.id);
    options.onReject(rejected);
    count({ rejected: 1 });
  };
  const batching: BatchOptions = { identities, taken, replace, onReject, onCount: count };
  const isOver = (): boolean => signal.aborted || failures.length > 0;

  let pending: Loaded[] = [];
  let bytes = 0;
  /** Ends when the pending pairs begin to be stored; the next ones are read meanwhile. */
  const start = async (): Promise<void> => {
    const loaded = pending;
    pending = [];
    bytes = 0;
    if (isOver()) return;
    const chosen = await chooseBatch(loaded, target, batching);
    if (chosen.length === 0) return;
    while (running.size >= BATCHES_AT_ONCE) await Promise.race(running);
    if (isOver()) return;
    const batch = storeBatch(chosen, target, batching)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(batch));
    running.add(batch);
  };

  const add = async (pair: Pair): Promise<void> => {
    const fault = faultIn(pair);
    const loaded = fault === null ? await loadPair(pair, batching) : null;
    if (fault !== null) onReject(reject(pair.source, fault, pair.id));
    if (loaded === null) return;
    if (bytes + loaded.image.length > MAX_BATCH_BYTES) await start();
    bytes += loaded.image.length;
    if (pending.push(loaded) >= PAIRS_A_BATCH) await start();
  };

  try {
    for await (const entry of source.entries()) {
      if (isOver()) break;
      count({ read: 1 });
      if (entry.kind === "ignored") count({ ignored: 1 });
      else if (entry.kind === "reject") onReject(entry);
      else await add(entry);
    }
    await start();
  } catch (error) {
    // What was read before is good; a second failure says no more than the first.
    await start().catch(() => undefined);
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  for (const id of taken.keys()) ids.add(id);
  return { counts, ids };
};
