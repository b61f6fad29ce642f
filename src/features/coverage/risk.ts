/** What a class's risk is predicted from. */
export interface Signs {
  /** Null where there are not two anchors to compare. */
  readonly imageCoherence: number | null;
  /** Of the nearest caption; null where there is no anchor. */
  readonly nearestSimilarity: number | null;
  /** With the most overlapping class; 0 where there is no other. */
  readonly overlap: number;
}

/** Images that are less alike are as good as not alike. */
const LEAST_COHERENCE = 0.01;
const LEVEL = 0.74;

/**
 * The predicted share of a class's images that go to another class:
 * `1 / (1 + exp(log(coherence) + 3 nearest similarity - 2 largest overlap + 0.74))`.
 *
 * Chosen on emoji that no anchor shows, 4 draws of 300 classes of the reporting half, by the rank correlation
 * (Spearman) with the share of a class's drawings that are classified right: nearest similarity 0.34, largest overlap 0.19,
 * few effective anchors 0.47, image coherence 0.51, classifying the images of the class's own anchors without these 0.46;
 * the three together 0.56 (0.59 with that classification, which costs ten searches a class). On the tuning half, 4
 * other draws: 0.55, and 33 % are predicted to be right where 32 % are (`npm run bench:sureness`).
 *
 * The level is that of 300 classes of emoji; with fewer classes, or easier ones, less is lost. The order is what counts.
 */
export const riskOf = ({ imageCoherence, nearestSimilarity, overlap }: Signs): number => {
  if (nearestSimilarity === null) return 1;
  const coherence = Math.max(LEAST_COHERENCE, imageCoherence ?? LEAST_COHERENCE);
  const support = Math.log(coherence) + 3 * nearestSimilarity - 2 * overlap;
  return 1 / (1 + Math.exp(support + LEVEL));
};
