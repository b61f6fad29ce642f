import type { Fold } from "../../asif/index.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { Method, Transform } from "../../types.ts";
import {
  autoTrial,
  canonicalGrid,
  closeToBest,
  coarseGrid,
  compoundTrials,
  localTrials,
  powersGrid,
  finerGrid,
  linearTrials,
  ranksUpTo,
  trialOf,
} from "./candidates.ts";
import { compareMethods, differenceOf } from "./compare-methods.ts";
import { bestOf, createLedger, keyOf } from "./ledger.ts";
import { autoPowers, combinedPowers, powerSteps, type WhiteningPowers } from "./powers.ts";
import { createRun, gridPiece, powersPiece, trialPiece, type Piece, type TuneContext } from "./run.ts";
import type { Choice, Measured, MeasuredTrial, Trial, TuneSettings, TuningFindings } from "./api.ts";

/** A larger k would take more memory than what it is held against is worth. */
const LARGEST_K = 12_800;
/** What the rank `auto` has at most. */
const MOST_DIRECTIONS = 512;

/**
 * Chooses a collection's settings by cross-validation on its own anchors: classes are held out with all their anchors,
 * and the image of each is asked for its class among those held out with it. No label is needed but the captions.
 *
 * A coarse grid over ASIF's k and p for each transform comes first; then a finer one around the best, other powers and
 * ranks of the whitening, local regression and the linear methods; then what is made of these. The best is chosen where
 * it is surely better than what `auto` answers by, else `auto` is. The same anchors, settings and seed give the same choice, unless the budget runs
 * out. The event loop is let go every few milliseconds.
 *
 * @param folds from {@link dealFolds}
 * @param current what the collection answers by now
 * @throws the signal's reason where it aborts
 */
export const tune = async (
  view: AnchorView,
  folds: readonly Fold[],
  current: Choice,
  settings: TuneSettings,
  context: TuneContext,
): Promise<TuningFindings> => {
  const started = performance.now();
  const { autoMethod = "asif" } = context;
  const { objective, methods, transforms, budgetSeconds } = settings;
  const ledger = createLedger();
  const anchors = Math.min(...folds.map(({ memory }) => memory.length));
  const ranks = ranksUpTo(Math.min(view.dimension("image"), view.dimension("text"), anchors - 1));
  const largest = ranks.at(-1) ?? 1;
  const ensembles = folds.some(({ sizes }) => sizes.some((size) => size > 1));
  const whole = (trial: Trial): Trial => (ensembles ? { ensemble: "max", ...trial } : trial);
  const now = trialOf(current, ensembles);
  const planned = folds.length * (2 * transforms.length + linearTrials(methods, ranks).length + 1);
  const run = createRun(view, ledger, { ...context, until: started + budgetSeconds * 1000, planned });

  const explore = async (): Promise<{ readonly finished: number; readonly complete: boolean }> => {
    const coarse = coarseGrid(anchors, current);
    const grids = transforms.map((transform) => gridPiece(whole({ method: "asif", transform }), coarse));
    const finished = await run.stage(folds, grids, { firstInAnyCase: true });
    if (finished < folds.length) return { finished, complete: false };
    const trials = (): MeasuredTrial[] => ledger.measured(finished);
    const bestBy = (wanted: Method): MeasuredTrial | null => bestOf(trials().filter(by([wanted])), objective);
    const isDone = async (pieces: readonly Piece[]): Promise<boolean> =>
      (await run.stage(folds, pieces)) === folds.length;
    const untried = (some: readonly Trial[]): Piece[] =>
      some.filter((trial) => !ledger.has(trial)).map((trial) => trialPiece(trial, current));

    const close = closeToBest(trials(), objective, finished);
    const finer = close.map((best) => gridPiece(settingsOf(best), finerGrid(best, anchors)));
    const whitened = bestOf(trials().filter(through("auto")), objective);
    const powers = (some: readonly WhiteningPowers[]): Piece[] =>
      whitened === null || some.length === 0
        ? []
        : [powersPiece(whole({ method: "asif" }), some, powersGrid(whitened))];
    const steps = powers(powerSteps(MOST_DIRECTIONS, autoPowers(anchors)));
    const automatic = transforms.includes("auto") ? [autoTrial(autoMethod, anchors)] : [];
    const local = untried([...localTrials(methods, close), ...automatic.filter(by(methods))].map(whole));
    const canonical = gridPiece(whole({ method: "asif-csa", rank: largest }), canonicalGrid(coarse, current));
    const linear = untried(linearTrials(methods, ranks).map(whole));
    if (
      !(await isDone([
        ...finer,
        ...steps,
        ...local,
        ...linear,
        ...(methods.includes("asif-csa") ? [canonical] : []),
      ]))
    )
      return { finished, complete: false };

    const compound = compoundTrials(
      methods,
      bestOf(
        trials()
          .filter(isNamed)
          .filter(by(["asif"])),
        objective,
      ) ?? now,
      bestBy("asif-csa"),
      bestBy("csa")?.rank ?? largest,
      ranks,
    );
    const present = current.k <= LARGEST_K ? [now] : [];
    const together = powers(combinedPowers(trials(), objective, autoPowers(anchors)));
    if (!(await isDone([...together, ...untried([...compound.map(whole), ...present])])))
      return { finished, complete: false };

    const best = bestOf(trials().filter(by(methods)), objective);
    const means = ensembles && best !== null ? [{ ...settingsOf(best), ensemble: "mean" as const }] : [];
    return { finished, complete: await isDone(untried(means)) };
  };

  try {
    const { finished, complete } = await explore();
    const trials = ledger.measured(finished);
    const asif = bestOf(trials.filter(by(["asif"])), objective);
    const best = bestOf(trials.filter(by(methods)), objective) ?? asif;
    if (best === null) throw new RangeError("the first fold was not measured");
    const before = trials.find((trial) => keyOf(trial) === keyOf(now));
    const measured = folds.slice(0, finished);
    const automatic =
      transforms.includes("auto") && methods.includes(autoMethod)
        ? trials.find((trial) => keyOf(trial) === keyOf(whole(autoTrial(autoMethod, anchors))))
        : undefined;
    const difference =
      automatic === undefined
        ? undefined
        : await differenceOf(ledger, { of: best, to: automatic }, measured, objective, settings.seed);
    // What is not surely better is not worth leaving what follows the number of anchors by itself.
    const kept = difference !== undefined && difference.low <= 0;
    const bestChoice = { ...choiceOf(best, { ...current, ...asif, rank: null }), ...measuresOf(best) };
    run.finish();
    return {
      sequence: view.sequence,
      anchors: view.size,
      folds: finished,
      questions: measured.reduce((sum, { images }) => sum + images.length, 0),
      classes: folds[0]?.sizes.length ?? 0,
      seed: settings.seed,
      by: settings.by ?? null,
      objective,
      complete,
      tookMs: Math.round(performance.now() - started),
      chosen:
        kept && automatic !== undefined
          ? { ...choiceOf(automatic, { ...current, rank: null }), ...measuresOf(automatic) }
          : bestChoice,
      best: bestChoice,
      auto:
        automatic === undefined || difference === undefined
          ? null
          : { ...measuresOf(automatic), difference, kept },
      before: before === undefined ? null : { ...current, ...measuresOf(before) },
      methods: await compareMethods(ledger, trials, measured, objective, settings.seed),
      trials: trials.sort((a, b) => b[objective] - a[objective]),
    };
  } finally {
    run.close();
  }
};

const by =
  (methods: readonly Method[]) =>
  ({ method }: Trial): boolean =>
    methods.includes(method);

const through =
  (name: Transform) =>
  ({ method, transform }: Trial): boolean =>
    method === "asif" && transform === name;

/** Whether a trial is by a transform that other pieces have fitted. */
const isNamed = ({ transform }: Trial): boolean => typeof transform !== "object";

/** A trial with what it leaves open: the best that is known for it. */
const choiceOf = (trial: Trial, { k, p, negatives = "cut", transform, rank, ensemble }: Choice): Choice => ({
  method: trial.method,
  negatives,
  k: trial.k ?? k,
  p: trial.p ?? p,
  transform: trial.transform ?? transform,
  rank: trial.rank ?? rank,
  ensemble: trial.ensemble ?? ensemble,
});

const measuresOf = ({ top1, top5, top10, meanReciprocalRank, spread }: Measured): Measured => ({
  top1,
  top5,
  top10,
  meanReciprocalRank,
  spread,
});

/** A trial without what it came to. */
const settingsOf = ({ method, transform, k, p, rank, ensemble }: Trial): Trial => ({
  method,
  ...(transform === undefined ? {} : { transform }),
  ...(k === undefined ? {} : { k }),
  ...(p === undefined ? {} : { p }),
  ...(rank === undefined ? {} : { rank }),
  ...(ensemble === undefined ? {} : { ensemble }),
});
