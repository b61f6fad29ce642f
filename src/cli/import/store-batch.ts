import { MAX_BATCH_BYTES, sendBatch } from "../send-batch.ts";
import type { AnchorId, Metadata } from "../../types.ts";
import { reject, type Reject } from "../../files/index.ts";
import { loadImage } from "./load-image.ts";
import type { Pair } from "./types.ts";

export interface ImportedAnchor {
  readonly id: AnchorId;
  readonly text: string;
  readonly image: Uint8Array;
  readonly metadata: Metadata;
}

/** Where pairs go. */
export interface ImportTarget {
  /** Those of `ids` that it has. */
  existing(ids: readonly AnchorId[]): Promise<ReadonlySet<AnchorId>>;
  /**
   * Stores all of them or none.
   *
   * @throws AnchorageError whose fault paths start with `anchors.<index>` where it will not take some of them
   */
  put(anchors: readonly ImportedAnchor[]): Promise<void>;
}

export interface BatchOptions {
  readonly replace: boolean;
  readonly onReject: (reject: Reject) => void;
  readonly onCount: (counts: { readonly stored?: number; readonly present?: number }) => void;
}

interface Loaded {
  readonly pair: Pair;
  readonly anchor: ImportedAnchor;
}

/** Puts what `target` does not have of `pairs`; each that it will not take is rejected, and the others are stored. */
export const storeBatch = async (
  pairs: readonly Pair[],
  target: ImportTarget,
  { replace, onReject, onCount }: BatchOptions,
): Promise<void> => {
  const rejectPair = ({ source, id }: Pair, reason: string): void => onReject(reject(source, reason, id));

  const put = async (batch: readonly Loaded[]): Promise<void> => {
    const outcomes = await sendBatch(batch, "anchors", async (some) => {
      await target.put(some.map(({ anchor }) => anchor));
      onCount({ stored: some.length });
      return some;
    });
    outcomes.forEach((outcome, i) => {
      const { pair } = batch[i] ?? {};
      if (pair !== undefined && "reason" in outcome) rejectPair(pair, outcome.reason);
    });
  };

  const present = replace
    ? new Set<AnchorId>()
    : await target.existing(pairs.map(({ id }) => id as AnchorId));
  if (present.size > 0) onCount({ present: present.size });
  let batch: Loaded[] = [];
  let bytes = 0;
  for (const pair of pairs) {
    if (present.has(pair.id as AnchorId)) continue;
    const image = await loadImage(pair);
    if (typeof image === "string") {
      rejectPair(pair, image);
      continue;
    }
    if (bytes + image.length > MAX_BATCH_BYTES) {
      await put(batch);
      batch = [];
      bytes = 0;
    }
    const { text, metadata } = pair;
    batch.push({ pair, anchor: { id: pair.id as AnchorId, text, image, metadata } });
    bytes += image.length;
  }
  await put(batch);
};
