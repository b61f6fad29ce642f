import { transformText } from "../../api/transforms.ts";
import { measure, sumRanks, type FoldSums } from "./ranks.ts";
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

/** One trial's results, by fold. */
interface Row {
  readonly trial: Trial;
  readonly ranks: Map<number, Float64Array>;
  readonly sums: Map<number, FoldSums>;
}

export const createLedger = (): Ledger => {
  const rows = new Map<string, Row>();
  return {
    record: (trial, fold, ranks) => {
      const key = keyOf(trial);
      const row = rows.get(key) ?? { trial, ranks: new Map(), sums: new Map() };
      row.ranks.set(fold, ranks);
      row.sums.set(fold, sumRanks(ranks));
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
        .map(({ trial, sums }) => ({
          trial,
          sums: [...sums].flatMap(([fold, of]) => (fold < folds ? [of] : [])),
        }))
        .filter(({ sums }) => sums.length === folds)
        .map(({ trial, sums }) => ({ ...trial, ...measure(sums) })),
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
