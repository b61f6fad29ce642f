import { autoParameters } from "../../asif/index.ts";
import type { AnchorView } from "../../retrieval/index.ts";
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

  const ranked = captions.first.length >= FEWEST_CAPTIONS;
  const problems = describeFindings(view, settings.limit, {
    duplicates: listDuplicates(view, captions, sameness),
    mismatches: ranked
      ? Array.from(slots)
          .filter((slot) => (agreement.ranks[slot] ?? 0) > settings.mismatchRank)
          .sort((a, b) => (agreement.ranks[b] ?? 0) - (agreement.ranks[a] ?? 0))
      : `the anchors have ${captions.first.length} different captions; ranks need at least ${FEWEST_CAPTIONS}`,
    spoilers,
    outliers: findOutliers(slots, agreement.similarities),
    sharedCaptions: findSharedCaptions(classesOf(view, undefined)),
    thinClasses:
      findThinClasses(classesOf(view, settings.by), sameness.pairOf) ??
      `${settings.by === undefined ? "captions" : `values of "${settings.by}"`} usually have fewer than three anchors; name another field with "by"`,
    agreement,
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
