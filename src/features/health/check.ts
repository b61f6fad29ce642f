import { autoParameters } from "../../asif/index.ts";
import { createTurns } from "../../math/slices.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { Ensemble, Transform } from "../../types.ts";
import { measureAgreement } from "./agreement.ts";
import type { CheckFindings, CheckSettings } from "./api.ts";
import { numberCaptions } from "./captions.ts";
import { classesOf, findSharedCaptions, findThinClasses } from "./classes.ts";
import { findSameness, listDuplicates } from "./duplicates.ts";
import { describeFindings } from "./findings.ts";
import { findOutliers } from "./outliers.ts";
import { findSpoilers } from "./spoilers.ts";

/** Among fewer captions a rank says nothing. */
const FEWEST_CAPTIONS = 20;
/** Pictures and captions are compared as `auto` shows them, whatever the collection answers by. */
const TRANSFORM: Transform = "auto";

export interface CheckContext {
  readonly signal: AbortSignal;
  /** Told in anchors measured; every anchor is measured several times. */
  readonly progress: (done: number, total: number) => void;
}

/**
 * Looks for what is wrong with a collection's anchors. Nothing is changed. It yields to the event loop every few
 * milliseconds, and all searches are exact.
 *
 * @throws the signal's reason once it is aborted
 *
 * @example
 * ```ts
 * const settings = { ...CHECK_DEFAULTS, by: "species" };
 * const { problems } = await checkAnchors(view, "max", settings, { signal, progress: () => undefined });
 * ```
 */
export const checkAnchors = async (
  view: AnchorView,
  ensemble: Ensemble,
  settings: CheckSettings,
  { signal, progress }: CheckContext,
): Promise<CheckFindings> => {
  const started = performance.now();
  const captions = numberCaptions(view);
  const slots = view.liveSlots();
  const total = 3 * view.size + captions.first.length;
  let done = 0;
  const advance = (anchors: number): void => {
    signal.throwIfAborted();
    done = Math.min(total, done + anchors);
    progress(done, total);
  };
  const asifOf = (memory: AnchorView) => ({
    ...autoParameters(TRANSFORM, memory.size),
    negatives: "cut" as const,
    transform: TRANSFORM,
  });
  const asif = asifOf(view);

  const sameness = await findSameness(view, captions, settings, advance);
  const agreement = await measureAgreement(view, captions, sameness, asif, { advance, signal });
  const spoilers = await findSpoilers(view, settings.by, ensemble, asifOf, { advance, signal });

  const turn = createTurns(signal);
  const duplicates = listDuplicates(view, captions, sameness);
  await turn();
  const outliers = findOutliers(slots, agreement.similarities);
  await turn();
  const sharedCaptions = findSharedCaptions(classesOf(view, undefined));
  await turn();
  const classes = classesOf(view, settings.by);
  await turn();
  const thinClasses = findThinClasses(classes, sameness.pairOf) ?? noClasses(settings.by);
  await turn();
  const problems = describeFindings(view, settings.limit, {
    ...{ duplicates, spoilers, outliers, sharedCaptions, thinClasses, agreement },
    mismatches: listMismatches(slots, captions.first.length, agreement.ranks, settings.mismatchRank),
  });
  progress(total, total);
  return {
    sequence: view.sequence,
    anchorCount: view.size,
    settings: {
      by: settings.by ?? null,
      imageSimilarity: settings.imageSimilarity,
      textSimilarity: settings.textSimilarity,
      mismatchRank: settings.mismatchRank,
      limit: settings.limit,
      asif: { k: asif.k, p: asif.p },
    },
    tookMs: Math.round(performance.now() - started),
    problems: [...problems].sort((a, b) => b.anchors - a.anchors),
  };
};

/** The anchors above the rank, the highest first; a text that says why none can be ranked. */
const listMismatches = (
  slots: Int32Array,
  captions: number,
  ranks: Float64Array,
  least: number,
): readonly Slot[] | string =>
  captions < FEWEST_CAPTIONS
    ? `the anchors have ${captions} different captions; ranks need at least ${FEWEST_CAPTIONS}`
    : Array.from(slots)
        .filter((slot) => (ranks[slot] ?? 0) > least)
        .sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0));

const noClasses = (by: string | undefined): string =>
  `${by === undefined ? "captions" : `values of "${by}"`} usually have fewer than three anchors; name another field with "by"`;
