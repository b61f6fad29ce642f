import pLimit from "p-limit";
import type { AnchorId, CollectionName, Metadata } from "../../types.ts";
import { emojiCaption, emojiMetadata, type EmojiPair } from "./pairs.ts";

/** Small enough that an interruption loses little, large enough that a transaction costs nothing. */
const PAIRS_A_BATCH = 32;
/** One batch is encoded while the one before it is written. */
const BATCHES_AT_ONCE = 2;

/** The sample as a collection; its settings are those of any new one. */
export const SAMPLE_COLLECTION = { name: "emoji" as CollectionName } as const;

/** Where the sample grows. */
export interface SampleTarget {
  readonly existing: (ids: readonly AnchorId[]) => Promise<ReadonlySet<AnchorId>>;
  readonly put: (
    anchors: readonly {
      readonly id: AnchorId;
      readonly text: string;
      readonly image: Uint8Array;
      readonly metadata: Metadata;
    }[],
  ) => Promise<void>;
}

/**
 * Adds the pairs of the sample that are not there yet, in batches, until all are or `signal` aborts.
 *
 * @returns how many were added
 * @throws what `put` throws, when the batches that were under way have ended
 */
export const growSample = async (
  target: SampleTarget,
  pairs: readonly EmojiPair[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<number> => {
  const present = await target.existing(pairs.map(({ id }) => id));
  const missing = pairs.filter(({ id }) => !present.has(id));
  let added = 0;
  onProgress(present.size, pairs.length);
  const limit = pLimit(BATCHES_AT_ONCE);
  let failed = false;
  const put = async (batch: readonly EmojiPair[]): Promise<void> => {
    // After one that failed the others would only fail as well.
    if (signal.aborted || failed) return;
    await target.put(
      batch.map((pair) => ({
        id: pair.id,
        text: emojiCaption(pair.emoji),
        image: pair.image,
        metadata: emojiMetadata(pair),
      })),
    );
    added += batch.length;
    onProgress(present.size + added, pairs.length);
  };
  const batches: Promise<void>[] = [];
  for (let first = 0; first < missing.length; first += PAIRS_A_BATCH) {
    const batch = missing.slice(first, first + PAIRS_A_BATCH);
    batches.push(
      limit(async () => {
        try {
          await put(batch);
        } catch (error) {
          failed = true;
          throw error;
        }
      }),
    );
  }
  const rejected = (await Promise.allSettled(batches)).find((batch) => batch.status === "rejected");
  if (rejected !== undefined) throw rejected.reason;
  return added;
};
