/** Compensates for rounding of (n + 1) * coverage, which must not cross an integer. */
const ROUNDING = 1e-9;

/**
 * Split conformal prediction with the score 1 - p(true) (Sadinle, Lei and Wasserman, "Least ambiguous set-valued
 * classifiers with bounded error levels", JASA 2019; Angelopoulos and Bates, arXiv 2107.07511, section 1): a set
 * contains every class whose probability is at least the returned threshold. On exchangeable data it then contains
 * the true class with probability `coverage` or more.
 *
 * @param trueProbabilities probabilities of the true classes of n held-out questions, in any order
 * @param coverage in (0, 1)
 * @returns the ceil((n + 1) coverage)-th highest of them; 0, which gives a set of all classes, if n is too small
 */
export const conformalThreshold = (trueProbabilities: ArrayLike<number>, coverage: number): number => {
  const n = trueProbabilities.length;
  const rank = Math.max(1, Math.ceil((n + 1) * coverage - ROUNDING));
  if (rank > n) return 0;
  return Float64Array.from(trueProbabilities).sort()[n - rank] ?? 0;
};
