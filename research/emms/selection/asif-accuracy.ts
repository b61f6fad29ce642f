import { type CollectionRecord, type EncoderRecord, type Store, readAll } from "../../../src/store/index.ts";
import type { AnchorId, Transform } from "../../../src/types.ts";
import {
  heldOutTasks,
  type LabelledAnchor,
  openTrialSpace,
  ranksIn,
} from "../../../src/features/evaluation/index.ts";

export interface AsifOptions {
  /** Captions that are held out at once. */
  readonly classes: number;
  readonly seeds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * The share of held-out images whose caption ASIF tells rightly, by each encoder and transform: captions are held out
 * with all their anchors, and each of their images is asked for its caption among those held out with it. The anchors
 * are those that have a vector of every encoder, and the questions are the same for all. k and p are the collection's.
 *
 * @returns by encoder, then by transform
 * @throws AnchorageError `invalid-input` where there are fewer than four captions; the signal's reason where it aborts
 */
export const asifAccuracies = async (
  store: Store,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  transforms: readonly Transform[],
  { classes, seeds, signal, onProgress }: AsifOptions,
): Promise<number[][]> => {
  const all: Map<AnchorId, LabelledAnchor>[] = [];
  for (const imageEncoder of encoders) {
    const anchors = new Map<AnchorId, LabelledAnchor>();
    await readAll(
      store,
      collection,
      (batch) => {
        signal.throwIfAborted();
        for (const { caption, ...anchor } of batch) anchors.set(anchor.id, { ...anchor, text: caption });
      },
      { imageEncoder, textEncoder: collection.textEncoder },
    );
    all.push(anchors);
  }
  const shared = [...(all[0]?.keys() ?? [])].filter((id) => all.every((anchors) => anchors.has(id)));
  const total = encoders.length * transforms.length * seeds;
  let done = 0;
  const accuracies: number[][] = [];
  for (const anchors of all) {
    const own = shared.flatMap((id) => anchors.get(id) ?? []);
    const { taskOf } = heldOutTasks(own, undefined, classes);
    const ofEncoder: number[] = [];
    for (const transform of transforms) {
      let [right, asked] = [0, 0];
      for (let seed = 0; seed < seeds; seed++) {
        signal.throwIfAborted();
        const task = taskOf(seed);
        const space = await openTrialSpace(task.anchors, transform);
        try {
          const ranks = await ranksIn(space, task, { ...collection.asif, transform });
          right += ranks.filter((rank) => rank === 1).length;
          asked += ranks.length;
        } finally {
          space.close();
        }
        onProgress(++done, total);
      }
      ofEncoder.push(right / asked);
    }
    accuracies.push(ofEncoder);
  }
  return accuracies;
};
