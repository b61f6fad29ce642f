import { mean } from "../../../src/math/statistics.ts";
import type { Classifier } from "./classifier.ts";
import { SCORERS, solve, type Item } from "./solve.ts";

/** The share of one seed's problems solved. */
export interface BeamResult {
  readonly scorers: readonly string[];
  readonly beam: number;
  readonly errorRate: number;
  readonly solved: number;
}

const BEAMS = [1, 5];
const ERROR_RATES = [0.1, 0.3, 0.5];
/** Without a classifier, with it alone, with it and a checker, and with all. */
const PANELS = [
  ["likelihood"],
  ["classifier"],
  ["likelihood", "classifier"],
  ["classifier", "checker"],
  [...SCORERS],
] as const;

/**
 * Beam 1 and 5 with and without the classifier, as the paper sets its table of GSM8K out, over error rates of the
 * proposer. The classifier is the same for all of them.
 */
export const evaluateBeams = async (
  items: readonly Item[],
  classifier: Classifier,
  options: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<BeamResult[]> => {
  const { signal, onProgress } = options;
  const results: BeamResult[] = [];
  const total = ERROR_RATES.length * BEAMS.length * PANELS.length * items.length;
  let done = 0;
  for (const errorRate of ERROR_RATES)
    for (const scorers of PANELS)
      for (const beam of BEAMS) {
        const members = scorers.map((name) => SCORERS.indexOf(name));
        const panel = { members, weights: members.map(() => 1), rounds: 1 };
        const values: number[] = [];
        for (const item of items) {
          signal.throwIfAborted();
          values.push(await solve(item, panel, { classifier, aggregation: "sum", errorRate, beam }, signal));
          onProgress(++done, total);
        }
        results.push({ scorers, beam, errorRate, solved: mean(values) });
      }
  return results;
};
