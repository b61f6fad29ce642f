import type { Fold } from "../../asif/index.ts";
import { bootstrapIntervalInSlices } from "../../math/statistics.ts";
import type { MeasuredTrial, Metric, Trial, Tuning } from "./api.ts";
import { bestOf, type Ledger } from "./ledger.ts";
import { valueOf } from "./ranks.ts";

/**
 * The best trial of each method against the best of `asif`, paired by question. Questions of one held-out class are not
 * independent, so classes are drawn again as a whole.
 *
 * @param folds those that every trial was measured in
 */
export const compareMethods = async (
  ledger: Pick<Ledger, "ranks">,
  trials: readonly MeasuredTrial[],
  folds: readonly Fold[],
  objective: Metric,
  seed: number,
): Promise<NonNullable<Tuning["methods"]>> => {
  const bestBy = (method: MeasuredTrial["method"]): MeasuredTrial | null =>
    bestOf(
      trials.filter((trial) => trial.method === method),
      objective,
    );
  const baseline = bestBy("asif");
  if (baseline === null) return [];
  const best = [...new Set(trials.map(({ method }) => method))]
    .flatMap((method) => bestBy(method) ?? [])
    .sort((a, b) => b[objective] - a[objective]);
  const compared: NonNullable<Tuning["methods"]>[number][] = [];
  for (const trial of best) {
    const { method, top1, top5, top10, meanReciprocalRank, spread } = trial;
    const difference = await differenceOf(ledger, { of: trial, to: baseline }, folds, objective, seed);
    compared.push({ method, top1, top5, top10, meanReciprocalRank, spread, difference });
  }
  return compared;
};

/**
 * How far one trial is ahead of another on the same questions, with a 95 % interval by the bootstrap over held-out
 * classes.
 */
export const differenceOf = async (
  ledger: Pick<Ledger, "ranks">,
  trials: { readonly of: Trial; readonly to: Trial },
  folds: readonly Fold[],
  objective: Metric,
  seed: number,
): Promise<{ readonly mean: number; readonly low: number; readonly high: number }> => {
  const ours = ledger.ranks(trials.of, folds.length);
  const theirs = ledger.ranks(trials.to, folds.length);
  const groups = folds.flatMap(({ truths }, fold) => {
    const byClass = new Map<number, number[]>();
    truths.forEach((truth, i) => {
      const difference =
        valueOf(objective, ours[fold]?.[i] ?? Infinity) - valueOf(objective, theirs[fold]?.[i] ?? Infinity);
      byClass.set(truth, [...(byClass.get(truth) ?? []), difference]);
    });
    return [...byClass.values()];
  });
  const all = groups.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return { mean, ...(await bootstrapIntervalInSlices(groups, { seed })) };
};
