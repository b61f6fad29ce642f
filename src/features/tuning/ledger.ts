import { transformText } from "../../api/transforms.ts";
import { measure } from "./ranks.ts";
import type { MeasuredTrial, Metric, Trial } from "./api.ts";

/** The results of every trial in every fold. */
export interface Ledger {
  readonly record: (trial: Trial, fold: number, ranks: Float64Array) => void;
  readonly has: (trial: Trial) => boolean;
  /** The ranks of a trial in each of the first `folds`; empty for a fold without a measurement. */
  readonly ranks: (trial: Trial, folds: number) => readonly Float64Array[];
  /** The trials that were measured in each of the first `folds`, in the order in which they started. */
  readonly measured: (folds: number) => MeasuredTrial[];
}

export const createLedger = (): Ledger => {
  const rows = new Map<string, { readonly trial: Trial; readonly ranks: Map<number, Float64Array> }>();
  return {
    record: (trial, fold, ranks) => {
      const key = keyOf(trial);
      const row = rows.get(key) ?? { trial, ranks: new Map<number, Float64Array>() };
      row.ranks.set(fold, ranks);
      rows.set(key, row);
    },
    has: (trial) => rows.has(keyOf(trial)),
    ranks: (trial, folds) => {
      const row = rows.get(keyOf(trial))?.ranks;
      const found = Array.from({ length: folds }, (_, fold) => row?.get(fold)).filter(
        (of) => of !== undefined,
      );
      return found.length === folds ? found : [];
    },
    measured: (folds) =>
      [...rows.values()]
        .map(({ trial, ranks }) => ({
          trial,
          ranks: [...ranks].flatMap(([fold, of]) => (fold < folds ? [of] : [])),
        }))
        .filter(({ ranks }) => ranks.length === folds)
        .map(({ trial, ranks }) => ({ ...trial, ...measure(ranks) })),
  };
};

export const keyOf = ({ method, transform, k, p, rank, ensemble }: Trial): string =>
  [method, transform === undefined ? "" : transformText(transform), k, p, rank, ensemble].join(" ");

/** The first of the best trials; null if there is none. */
export const bestOf = <T extends MeasuredTrial>(trials: readonly T[], objective: Metric): T | null =>
  trials.reduce<T | null>(
    (best, trial) => (best === null || trial[objective] > best[objective] ? trial : best),
    null,
  );
