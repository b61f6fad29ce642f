import type { RiskPoint } from "./api.ts";
import type { Prediction } from "./expected-error.ts";

/**
 * The risk-coverage curve (El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR
 * 2010): a point for each confidence that occurs, the highest first. Outcomes of equal confidence share a point.
 */
export const riskCoverage = (outcomes: readonly Prediction[]): RiskPoint[] => {
  const sorted = [...outcomes].sort((a, b) => b.confidence - a.confidence);
  const points: RiskPoint[] = [];
  let wrong = 0;
  sorted.forEach(({ confidence, correct }, i) => {
    if (!correct) wrong++;
    if (sorted[i + 1]?.confidence === confidence) return;
    points.push({ threshold: confidence, coverage: (i + 1) / sorted.length, risk: wrong / (i + 1) });
  });
  return points;
};

/**
 * The point of highest coverage with a risk of at most `risk`.
 *
 * @param curve as `riskCoverage` gives it, or some of its points
 * @returns null if even the most confident answers are wrong more often
 */
export const pointAtRisk = (curve: readonly RiskPoint[], risk: number): RiskPoint | null =>
  curve.findLast((point) => point.risk <= risk) ?? null;
