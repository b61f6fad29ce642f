import type { Reject } from "../../files/index.ts";
import { refusedBefore } from "./check.ts";
import { createNumbering } from "./number-captions.ts";
import { storeBatch, type ImportTarget } from "./store-batch.ts";
import type { Entry, Pair, PairSource } from "./types.ts";

/** Small enough that an interruption loses little, large enough that a transaction costs nothing. */
const PAIRS_A_BATCH = 32;
/** One batch is encoded while the one before it is written; reading waits for both. */
const BATCHES_AT_ONCE = 2;

/** What became of a source's entries so far; the first is the sum of the others when an import has ended by itself. */
export interface ImportCounts {
  readonly read: number;
  readonly stored: number;
  /** Were in the collection before, and were left as they are. */
  readonly present: number;
  readonly rejected: number;
  /** Were found and are not used. */
  readonly ignored: number;
}

export interface ImportOptions {
  /** Writes what the collection has already once more, instead of passing it over. */
  readonly replace: boolean;
  /** Once it is aborted nothing more is read, and the batches that are under way are finished. */
  readonly signal: AbortSignal;
  readonly onReject: (reject: Reject) => void;
  /** @param fraction which part of the source has been read, 0 to 1 */
  readonly onProgress: (counts: ImportCounts, fraction: number) => void;
}

/**
 * Puts the pairs of `source` into `target`, batch by batch, in the source's order. A pair that cannot be stored is
 * rejected and the others go on; of pairs with one id the first is taken. Run again, it passes over what is stored.
 *
 * @throws what `source` and `target` throw, when the batches that were under way have ended; what had been read before
 * the source failed is stored
 */
export const importPairs = async (
  source: PairSource,
  target: ImportTarget,
  options: ImportOptions,
): Promise<ImportCounts> => {
  const { replace, signal } = options;
  let counts: ImportCounts = { read: 0, stored: 0, present: 0, rejected: 0, ignored: 0 };
  const numbered = createNumbering();
  const taken = new Map<string, string>();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];

  const count = (change: Partial<ImportCounts>): void => {
    const { read, stored, present, rejected, ignored } = counts;
    counts = {
      read: read + (change.read ?? 0),
      stored: stored + (change.stored ?? 0),
      present: present + (change.present ?? 0),
      rejected: rejected + (change.rejected ?? 0),
      ignored: ignored + (change.ignored ?? 0),
    };
    options.onProgress(counts, source.fraction());
  };
  const onReject = (rejected: Reject): void => {
    options.onReject(rejected);
    count({ rejected: 1 });
  };

  /** The pair, where nothing is wrong with it that can be told without its image. */
  const accepted = (entry: Entry): Pair | null => {
    if (entry.kind === "reject") {
      onReject(entry);
      return null;
    }
    if (entry.kind === "ignored") {
      count({ ignored: 1 });
      return null;
    }
    const pair = numbered(entry);
    const refused = refusedBefore(pair, taken);
    if (refused === null) return pair;
    onReject(refused);
    return null;
  };

  const start = async (pairs: readonly Pair[]): Promise<void> => {
    if (pairs.length === 0) return;
    while (running.size >= BATCHES_AT_ONCE) await Promise.race(running);
    if (signal.aborted || failures.length > 0) return;
    const batch = storeBatch(pairs, target, { replace, onReject, onCount: count })
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(batch));
    running.add(batch);
  };

  const pending: Pair[] = [];
  try {
    for await (const entry of source.entries()) {
      if (signal.aborted || failures.length > 0) break;
      count({ read: 1 });
      const pair = accepted(entry);
      if (pair === null || pending.push(pair) < PAIRS_A_BATCH) continue;
      await start(pending.splice(0));
    }
    await start(pending);
  } catch (error) {
    await start(pending);
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return counts;
};
