import type { AutoOffer } from "../api/auto-offer.ts";
import { createFoldMemories, dealFolds, parametersFor, scoreTexts, type Fold } from "../asif/index.ts";
import { createRandom } from "../math/random.ts";
import { bootstrapIntervalInSlices, mean } from "../math/statistics.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { CollectionDefaults } from "../types.ts";

/** Some seconds of work at most: larger collections are measured on so many of their anchors. */
const MOST_ANCHORS = 4_000;
const DEALING = { folds: 5, repeats: 1, seed: 0, classes: 200, questions: 300 } as const;
/** Of the folds that are dealt; each costs two fits a modality. */
const MEASURED_FOLDS = 2;

export type MeasuredOffer = NonNullable<AutoOffer["measured"]>;
type Settings = Pick<CollectionDefaults, "asif" | "transform">;

const AUTO: Settings = { asif: { k: "auto", p: "auto", negatives: "cut" }, transform: "auto" };

/** The ranks of one way to answer, by question. */
type Ranks = readonly { readonly group: string; readonly rank: number }[];

/**
 * What a collection's own held-out anchors say of a move to `auto`: captions are held out with all their anchors, and
 * each image is asked for its caption among those held out with it, by the settings as they are and by `auto`.
 *
 * @throws AnchorageError `unprocessable` where there are fewer than 20 captions; the signal's reason where it aborts
 */
export const measureOffer = async (
  view: AnchorView,
  defaults: CollectionDefaults,
  signal: AbortSignal,
): Promise<MeasuredOffer> => {
  const sampled = sampleOf(view);
  const folds = dealFolds(sampled, DEALING).slice(0, MEASURED_FOLDS);
  const memories = createFoldMemories(sampled);
  const ranks = { now: [] as Ranks[], auto: [] as Ranks[] };
  try {
    for (const [i, fold] of folds.entries()) {
      const memory = await memories.open(fold);
      for (const [way, settings] of [
        ["now", defaults],
        ["auto", AUTO],
      ] as const) {
        signal.throwIfAborted();
        ranks[way].push(await ranksOf(sampled, fold, `${i}`, memory, defaults, settings));
      }
    }
  } finally {
    memories.close();
  }
  const [now, auto] = [ranks.now.flat(), ranks.auto.flat()];
  return {
    sequence: view.sequence,
    anchors: Math.min(view.size, MOST_ANCHORS),
    questions: now.length,
    classes: folds[0]?.sizes.length ?? 0,
    top1: await compare(now, auto, 1),
    top5: await compare(now, auto, 5),
  };
};

/** At most {@link MOST_ANCHORS} of the anchors, at random but the same for the same anchors. */
const sampleOf = (view: AnchorView): AnchorView => {
  if (view.size <= MOST_ANCHORS) return view;
  const some = createRandom(DEALING.seed).sample(Array.from(view.liveSlots()), MOST_ANCHORS);
  const slots = Int32Array.from(some).sort(view.compare);
  return { ...view, size: slots.length, liveSlots: () => slots };
};

const ranksOf = async (
  view: AnchorView,
  fold: Fold,
  name: string,
  memory: { readonly view: AnchorView; readonly allow?: Uint8Array },
  { method, rank }: CollectionDefaults,
  { asif, transform }: Settings,
): Promise<Ranks> => {
  const { scores } = await scoreTexts(
    memory.view,
    method,
    view.vectors("image", fold.images),
    view.vectors("text", fold.prompts),
    {
      ...{ ...parametersFor(asif, transform, memory.view.size), negatives: asif.negatives, transform },
      ...(memory.allow === undefined ? {} : { allow: memory.allow }),
      ...(rank === null ? {} : { rank }),
    },
  );
  const width = scores.length / fold.truths.length;
  return Array.from(fold.truths, (truth, i) => ({
    group: `${name} ${truth}`,
    rank: rankOf(scores.subarray(i * width, (i + 1) * width), fold.sizes, truth),
  }));
};

/** Each class scores as its best text; those of the same score share the mean of their places. */
const rankOf = (scores: Float64Array, sizes: readonly number[], truth: number): number => {
  let first = 0;
  const best = sizes.map((size) => Math.max(...scores.subarray(first, (first += size))));
  const own = best[truth] ?? -Infinity;
  const same = best.filter((score) => score === own).length;
  return best.filter((score) => score > own).length + (same + 1) / 2;
};

/** Shares of questions whose class is among the first, and their difference, paired by question. */
const compare = async (now: Ranks, auto: Ranks, top: number): Promise<MeasuredOffer["top1"]> => {
  const hit = ({ rank }: { readonly rank: number }): number => (rank <= top ? 1 : 0);
  const groups = new Map<string, number[]>();
  auto.forEach((answer, i) => {
    const before = now[i];
    const difference = hit(answer) - (before === undefined ? 0 : hit(before));
    groups.set(answer.group, [...(groups.get(answer.group) ?? []), difference]);
  });
  const differences = [...groups.values()];
  return {
    now: mean(now.map(hit)),
    auto: mean(auto.map(hit)),
    difference: {
      mean: mean(differences.flat()),
      ...(await bootstrapIntervalInSlices(differences, { seed: DEALING.seed })),
    },
  };
};
