/** The predictors of a class's risk. */
export interface Signs {
  /** Null if there are fewer than two anchors to compare. */
  readonly imageCoherence: number | null;
  /** Similarity of the nearest caption; null if there is no anchor. */
  readonly nearestSimilarity: number | null;
  /** Overlap with the most overlapping class; 0 without another class. */
  readonly overlap: number;
}

/** Lower bound of the coherence: less similar images make no further difference. */
const LEAST_COHERENCE = 0.01;
const LEVEL = 0.74;

/**
 * The predicted share of a class's images that go to another class: `1 / (1 + exp(log(coherence) + 3 nearest
 * similarity - 2 largest overlap + 0.74))`.
 *
 * Chosen on emoji that no anchor shows, 4 draws of 300 classes of the reporting half, by the rank correlation
 * (Spearman) with the share of a class's drawings that are classified right: nearest similarity 0.34, largest overlap
 * 0.19, few effective anchors 0.47, image coherence 0.51, classifying the images of the class's own anchors without
 * these 0.46; the three together 0.56 (0.59 with that classification, which costs ten searches a class). On the
 * tuning half, 4 other draws: 0.55, and 33 % are predicted to be right where 32 % are (`npm run bench:sureness`).
 *
 * The level is that of 300 classes of emoji; with fewer or easier classes the risk is lower. Only the order of
 * classes is meaningful.
 */
export const riskOf = ({ imageCoherence, nearestSimilarity, overlap }: Signs): number => {
  if (nearestSimilarity === null) return 1;
  const coherence = Math.max(LEAST_COHERENCE, imageCoherence ?? LEAST_COHERENCE);
  const support = Math.log(coherence) + 3 * nearestSimilarity - 2 * overlap;
  return 1 / (1 + Math.exp(support + LEVEL));
};
