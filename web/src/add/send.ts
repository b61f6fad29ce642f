import { AnchorageApiError, imageOf, type CollectionClient } from "../../../src/features/client.ts";
import type { Pair } from "./plan.ts";

/** Pairs in a request: few enough that a cancel is quick and a progress is seen. */
const BATCH = 16;

export interface Progress {
  readonly stored: number;
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  readonly seconds: number;
}

/**
 * Stores pairs, batch by batch. One that the service refuses is left out with its reason, and the others of its batch
 * are stored. What was acknowledged before `signal` aborts stays stored.
 */
export const sendPairs = async (
  collection: CollectionClient,
  pairs: readonly Pair[],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<void> => {
  const started = performance.now();
  const rejected: { name: string; reason: string }[] = [];
  let stored = 0;
  for (let from = 0; from < pairs.length && !signal.aborted; from += BATCH) {
    let batch = pairs.slice(from, from + BATCH);
    while (batch.length > 0) {
      const refused = await sendBatch(collection, batch, signal);
      if (refused === null) {
        stored += batch.length;
        break;
      }
      rejected.push({ name: batch[refused.at]?.file.name ?? "", reason: refused.reason });
      batch = batch.filter((_, i) => i !== refused.at);
    }
    onProgress({ stored, rejected: [...rejected], seconds: (performance.now() - started) / 1_000 });
  }
};

/** @returns null where all were stored; else the first that the service refuses, and nothing was */
const sendBatch = async (
  collection: CollectionClient,
  batch: readonly Pair[],
  signal: AbortSignal,
): Promise<{ readonly at: number; readonly reason: string } | null> => {
  const anchors = await Promise.all(
    batch.map(async ({ id, text, metadata, file }) => ({
      ...{ id, text, metadata },
      image: imageOf(new Uint8Array(await file.arrayBuffer())),
    })),
  );
  try {
    await collection.putAnchors(anchors, { signal });
    return null;
  } catch (error) {
    if (!(error instanceof AnchorageApiError)) throw error;
    const [fault] = error.problem.errors ?? [];
    const [, at] = /^anchors\.(\d+)/.exec(fault?.path ?? "") ?? [];
    if (fault === undefined || at === undefined) throw error;
    return { at: Number(at), reason: fault.message };
  }
};
