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
 * The three were chosen and weighed on emoji that no anchor shows (300 of the reporting half of the classes, 4 draws):
 * MEASURED. The level is that of 300 classes of emoji; with fewer classes, or easier ones, less is lost.
 */
export const riskOf = ({ imageCoherence, nearestSimilarity, overlap }: Signs): number => {
  if (nearestSimilarity === null) return 1;
  const coherence = Math.max(LEAST_COHERENCE, imageCoherence ?? LEAST_COHERENCE);
  const support = Math.log(coherence) + 3 * nearestSimilarity - 2 * overlap;
  return 1 / (1 + Math.exp(support + LEVEL));
};
