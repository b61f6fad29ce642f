import type { Fold } from "../../asif/index.ts";
import { bootstrapInterval } from "../../math/statistics.ts";
import type { MeasuredTrial, Metric, Tuning } from "./api.ts";
import { bestOf, type Ledger } from "./ledger.ts";
import { valueOf } from "./ranks.ts";

/**
 * The best trial of each method against the best of `asif`, paired by question. Questions of one held-out class are not
 * independent, so classes are drawn again as a whole.
 *
 * @param folds those that every trial was measured in
 */
export const compareMethods = (
  ledger: Pick<Ledger, "ranks">,
  trials: readonly MeasuredTrial[],
  folds: readonly Fold[],
  objective: Metric,
  seed: number,
): NonNullable<Tuning["methods"]> => {
  const bestBy = (method: MeasuredTrial["method"]): MeasuredTrial | null =>
    bestOf(
      trials.filter((trial) => trial.method === method),
      objective,
    );
  const baseline = bestBy("asif");
  if (baseline === null) return [];
  const asif = ledger.ranks(baseline, folds.length);
  return [...new Set(trials.map(({ method }) => method))]
    .flatMap((method) => bestBy(method) ?? [])
    .sort((a, b) => b[objective] - a[objective])
    .map((best) => {
      const { method, top1, top5, top10, meanReciprocalRank, spread } = best;
      const ranks = ledger.ranks(best, folds.length);
      const groups = folds.flatMap(({ truths }, fold) => {
        const byClass = new Map<number, number[]>();
        truths.forEach((truth, i) => {
          const difference =
            valueOf(objective, ranks[fold]?.[i] ?? Infinity) -
            valueOf(objective, asif[fold]?.[i] ?? Infinity);
          byClass.set(truth, [...(byClass.get(truth) ?? []), difference]);
        });
        return [...byClass.values()];
      });
      const all = groups.flat();
      const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
      return {
        ...{ method, top1, top5, top10, meanReciprocalRank, spread },
        difference: { mean, ...bootstrapInterval(groups, { seed }) },
      };
    });
};
