import type { AnchorView } from "../retrieval/index.ts";
import type { Method } from "../types.ts";
import { ask, askGrid, openFold, type GridTrial, type OpenFold } from "./answer.ts";
import {
  canonicalGrid,
  closeToBest,
  coarseGrid,
  compoundTrials,
  finerGrid,
  linearTrials,
  ranksUpTo,
  trialOf,
  type Grid,
} from "./candidates.ts";
import { openFoldMemory } from "./fold-memory.ts";
import type { Fold } from "./folds.ts";
import { bestOf, createLedger, keyOf, type Ledger } from "./ledger.ts";
import type { Choice, Measured, MeasuredTrial, Trial, TuneSettings, Tuning } from "./types.ts";

export interface TuneContext {
  readonly signal: AbortSignal;
  /** Pieces of work; their number grows as more is found to be worth trying. */
  readonly progress: (done: number, total: number) => void;
}

/** Some trials in one fold. */
type Piece = (open: OpenFold, record: (trial: Trial, ranks: Float64Array) => void) => Promise<void>;

/** A larger k would take more memory than what it is held against is worth. */
const LARGEST_K = 12_800;

/**
 * Chooses a collection's settings by cross-validation on its own anchors: classes are held out with all their anchors,
 * and the image of each is asked for its class among those held out with it. No label is needed but the captions.
 *
 * A coarse grid over ASIF's k and p for each transform comes first, then a finer one around the best, with the linear
 * methods, then what is made of both. The same anchors, settings and seed give the same choice, unless the budget runs
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
): Promise<Tuning> => {
  const started = performance.now();
  const { objective, methods, transforms } = settings;
  const ledger = createLedger();
  const anchors = Math.min(...folds.map(({ memory }) => memory.length));
  const ensembles = folds.some(({ sizes }) => sizes.some((size) => size > 1));
  const ranks = ranksUpTo(Math.min(rankLimit(view), anchors - 1));
  const byBest = (trial: Trial): Trial => (ensembles ? { ensemble: "max", ...trial } : trial);
  const now = trialOf(current, ensembles);
  const run = createRun(view, ledger, {
    ...context,
    until: started + settings.budgetSeconds * 1000,
    planned: folds.length * (2 * transforms.length + linearTrials(methods, ranks).length + 1),
  });

  const coarse = coarseGrid(anchors, current);
  const finished = await run(
    folds,
    transforms.map((transform) => gridPiece({ method: "asif", transform }, coarse, ensembles)),
    true,
  );
  let complete = finished === folds.length;
  const measured = folds.slice(0, finished);
  const trials = (): MeasuredTrial[] => ledger.measured(finished);
  const next = async (pieces: readonly Piece[]): Promise<void> => {
    if (complete) complete = (await run(measured, pieces, false)) === measured.length;
  };

  const largest = ranks.at(-1) ?? 1;
  const canonical = { method: "asif-csa", rank: largest } as const;
  await next([
    ...closeToBest(trials(), objective, finished).map(({ transform, ...best }) =>
      gridPiece(
        { method: "asif", ...(transform === undefined ? {} : { transform }) },
        finerGrid(best, anchors),
        ensembles,
      ),
    ),
    ...linearTrials(methods, ranks).map((trial) => trialPiece(byBest(trial), current)),
    ...(methods.includes("asif-csa")
      ? [gridPiece(canonical, canonicalGrid(coarse, current), ensembles)]
      : []),
  ]);

  const bestBy = (wanted: Method): MeasuredTrial | null =>
    bestOf(
      trials().filter(({ method }) => method === wanted),
      objective,
    );
  const asif = bestBy("asif");
  if (asif === null) throw new RangeError("the first fold was not measured");
  const ofCanonical = bestBy("asif-csa");
  const compound = compoundTrials(
    methods,
    asif,
    ofCanonical === null ? null : withoutMeasures(ofCanonical),
    bestBy("csa")?.rank ?? largest,
    ranks,
  );
  const last = [...compound.map(byBest), ...(current.k <= LARGEST_K ? [now] : [])];
  const untried = (some: readonly Trial[]): Piece[] =>
    some.filter((trial) => !ledger.has(trial)).map((trial) => trialPiece(trial, current));
  await next(untried(last));
  const chosen = bestOf(
    trials().filter(({ method }) => methods.includes(method)),
    objective,
  );
  if (ensembles && chosen !== null) await next(untried([{ ...withoutMeasures(chosen), ensemble: "mean" }]));

  const all = trials();
  const best =
    bestOf(
      all.filter(({ method }) => methods.includes(method)),
      objective,
    ) ?? asif;
  const before = all.find((trial) => keyOf(trial) === keyOf(now));
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
    chosen: {
      method: best.method,
      k: best.k ?? asif.k ?? current.k,
      p: best.p ?? asif.p ?? current.p,
      transform: best.transform ?? asif.transform ?? current.transform,
      rank: best.rank ?? null,
      ensemble: best.ensemble ?? current.ensemble,
      ...measuresOf(best),
    },
    before: before === undefined ? null : { ...current, ...measuresOf(before) },
    trials: all.sort((a, b) => b[objective] - a[objective]),
  };
};

const rankLimit = (view: AnchorView): number => {
  const some = view.liveSlots().subarray(0, 1);
  return Math.min(view.vectors("image", some).length, view.vectors("text", some).length);
};

const gridPiece =
  (trial: GridTrial, { ks, ps }: Grid, ensembles: boolean): Piece =>
  (open, record) =>
    askGrid(open, trial, ks, ps, (k, p, ranks) => {
      record({ ...trial, k, p, ...(ensembles ? { ensemble: "max" as const } : {}) }, ranks);
    });

const trialPiece =
  (trial: Trial, defaults: Choice): Piece =>
  async (open, record) =>
    record(trial, await ask(open, trial, defaults));

/** Runs pieces in folds and tells in how many folds all of them were done before time was up. */
const createRun = (
  view: AnchorView,
  ledger: Ledger,
  { signal, progress, until, planned }: TuneContext & { readonly until: number; readonly planned: number },
) => {
  let [done, begun] = [0, 0];
  return async (
    folds: readonly Fold[],
    pieces: readonly Piece[],
    firstAtAllEvents: boolean,
  ): Promise<number> => {
    begun += folds.length * pieces.length;
    for (const [index, fold] of folds.entries()) {
      const late = (): boolean => performance.now() > until && !(firstAtAllEvents && index === 0);
      if (pieces.length === 0) continue;
      if (late()) return index;
      const memory = await openFoldMemory(view, fold);
      try {
        const open = openFold(view, fold, memory);
        for (const piece of pieces) {
          signal.throwIfAborted();
          if (late()) return index;
          progress(done, Math.max(planned, begun));
          await piece(open, (trial, ranks) => ledger.record(trial, index, ranks));
          done++;
        }
      } finally {
        memory.close();
      }
    }
    progress(done, Math.max(planned, begun));
    return folds.length;
  };
};

const measuresOf = ({ top1, top5, top10, meanReciprocalRank, spread }: Measured): Measured => ({
  top1,
  top5,
  top10,
  meanReciprocalRank,
  spread,
});

const withoutMeasures = ({ method, transform, k, p, rank, ensemble }: MeasuredTrial): Trial => ({
  method,
  ...(transform === undefined ? {} : { transform }),
  ...(k === undefined ? {} : { k }),
  ...(p === undefined ? {} : { p }),
  ...(rank === undefined ? {} : { rank }),
  ...(ensemble === undefined ? {} : { ensemble }),
});
