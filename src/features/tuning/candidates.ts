import { isPlugged } from "../../api/methods.ts";
import { autoParameters, traitsOf } from "../../asif/index.ts";
import type { Method } from "../../types.ts";
import { bestOf } from "./ledger.ts";
import type { Choice, MeasuredTrial, Metric, Trial } from "./api.ts";

/** Where negative similarities are cut, a k beyond some hundreds hardly matters; the widest is for those who keep them. */
const COARSE_KS = [12, 25, 50, 100, 200, 400, 800];
const KEPT_KS = [1_600];
/** Worth its time only where there are many anchors. */
const WIDE_K = 3_200;
const MANY_ANCHORS = 20_000;
const COARSE_PS = [1, 1.5, 2, 3, 4, 8, 16];
const POWERS_PS = [1, 1.5, 2, 3];
/** Similarities along canonical directions need smaller powers to be distinguished. */
const CANONICAL_PS = [1, 1.5, 2, 3, 4];
const RANKS = [64, 128, 256, 512];
/** One step is the square root of two: half a step of the coarse grid. */
const FINER_KS = [Math.SQRT1_2, 1, Math.SQRT2];
const FINER_PS = [0.75, 1, 1.25, 1.5];

/** Around what is best for ASIF alone: factors of k and p. */
const AROUND = [
  [0.5, 1],
  [2, 1],
  [1, 0.5],
  [1, 0.75],
  [1, 1.5],
] as const;

export interface ParameterGrid {
  readonly ks: readonly number[];
  readonly ps: readonly number[];
}

/** Ascending, each once. */
const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** A coarse grid over ASIF's k and p. */
export const coarseGrid = (anchors: number, current: Choice): ParameterGrid => {
  const ks = [
    ...COARSE_KS,
    ...(current.negatives === "keep" ? KEPT_KS : []),
    ...(anchors > MANY_ANCHORS ? [WIDE_K] : []),
  ];
  const widest = Math.min(ks.at(-1) ?? 1, anchors);
  return {
    ks: ascending([...ks, current.k].map((k) => Math.min(k, widest))),
    ps: ascending([...COARSE_PS, current.p]),
  };
};

/** A finer grid around the best of a coarse one. */
export const finerGrid = ({ k = 1, p = 1 }: Trial, anchors: number): ParameterGrid => ({
  ks: ascending(FINER_KS.map((by) => Math.min(anchors, Math.max(1, Math.round(k * by))))),
  ps: ascending(FINER_PS.map((by) => p * by)),
});

/** The powers that are tried beside those of the transform `auto`, around what is best through it. */
export const powersGrid = ({ k = 1 }: Trial): ParameterGrid => ({ ks: [k], ps: POWERS_PS });

/** What `auto` answers by: its transform with its own k and p. */
export const autoTrial = (method: "asif" | "asif+local", anchors: number): Trial => ({
  method,
  transform: "auto",
  ...clampedK(autoParameters("auto", anchors), anchors),
});

const clampedK = ({ k, p }: { readonly k: number; readonly p: number }, anchors: number) => ({
  k: Math.min(k, anchors),
  p,
});

/** Local regression through named transforms, with the best k and p of ASIF through the same. */
export const localTrials = (methods: readonly Method[], asif: readonly Trial[]): Trial[] =>
  asif.flatMap(({ transform, k, p }): Trial[] => {
    if (transform === undefined || k === undefined || p === undefined) return [];
    return [
      ...(methods.includes("local") ? [{ method: "local" as const, transform }] : []),
      ...(methods.includes("asif+local") ? [{ method: "asif+local" as const, transform, k, p }] : []),
    ];
  });

/** The best of each transform, of those whose best is no further from the best of all than its standard error. */
export const closeToBest = (
  trials: readonly MeasuredTrial[],
  objective: Metric,
  folds: number,
): MeasuredTrial[] => {
  const best = bestOf(trials, objective);
  if (best === null) return [];
  const floor = best[objective] - best.spread[objective] / Math.sqrt(folds);
  const transforms = [...new Set(trials.map(({ transform }) => transform))];
  return transforms
    .flatMap(
      (transform) =>
        bestOf(
          trials.filter((trial) => trial.transform === transform),
          objective,
        ) ?? [],
    )
    .filter((trial) => trial[objective] >= floor);
};

/** Ranks of canonical directions up to `most`. */
export const ranksUpTo = (most: number): number[] => {
  const ranks = RANKS.filter((rank) => rank < most);
  return ranks.length < RANKS.length ? [...ranks, Math.max(1, most)] : ranks;
};

/** Methods that depend on nothing but their rank: those of linear maps, and those plugged in. */
export const linearTrials = (methods: readonly Method[], ranks: readonly number[]): Trial[] =>
  methods.flatMap((method): Trial[] => {
    if (method === "csa") return ranks.map((rank) => ({ method, rank }));
    return method === "orthogonal" || method === "ridge" || isPlugged(method) ? [{ method }] : [];
  });

/** ASIF in the space of canonical directions: its powers are others. */
export const canonicalGrid = (grid: ParameterGrid, current: Choice): ParameterGrid => ({
  ks: grid.ks,
  ps: ascending([...CANONICAL_PS, ...(current.method === "asif-csa" ? [current.p] : [])]),
});

/**
 * Methods that are made of others, by what is best for these.
 *
 * @param asif the best of it
 * @param canonical the best in the space of canonical directions, where it was tried
 * @param rank the best for `csa` where that was tried, else the largest
 */
export const compoundTrials = (
  methods: readonly Method[],
  asif: Trial,
  canonical: Trial | null,
  rank: number,
  ranks: readonly number[],
): Trial[] => {
  const near = ranks.filter((other) => other >= rank / 2 && other <= rank * 2);
  const { transform, k = 1, p = 1 } = asif;
  const consensus = (rank: number, byK = 1, byP = 1): Trial => ({
    method: "consensus",
    ...(transform === undefined ? {} : { transform }),
    k: Math.max(1, Math.round(k * byK)),
    p: p * byP,
    rank,
  });
  const around = AROUND.map(([byK, byP]) => consensus(rank, byK, byP));
  return [
    ...(methods.includes("consensus") ? [...near.map((each) => consensus(each)), ...around] : []),
    ...(canonical === null ? [] : near.map((rank) => ({ ...canonical, rank }))),
  ];
};

/** A choice without what its method does not depend on. */
export const trialOf = ({ method, k, p, transform, rank, ensemble }: Choice, ensembles: boolean): Trial => {
  const ofAsif = method === "asif" || method === "asif+local" || method === "consensus";
  return {
    method,
    ...(ofAsif || method === "local" ? { transform } : {}),
    ...(ofAsif || method === "asif-csa" ? { k, p } : {}),
    ...(rank === null || !traitsOf(method).canonical ? {} : { rank }),
    ...(ensembles ? { ensemble } : {}),
  };
};
