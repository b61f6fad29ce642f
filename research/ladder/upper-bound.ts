/** Halvings of [0, 1]; more than 60 change no double. */
const HALVINGS = 60;

/**
 * The upper confidence bound of a share by Clopper and Pearson ("The use of confidence or fiducial limits illustrated in
 * the case of the binomial", Biometrika 26, 1934): the `u` with `P(Binomial(n, u) <= hits) = 1 - level`.
 *
 * @param hits in 0 .. n
 * @param n at least 0; without observations the bound is 1
 * @param level in (0, 1)
 * @example
 * ```ts
 * upperBound(0, 100); // 0.029513
 * ```
 */
export const upperBound = (hits: number, n: number, level = 0.95): number => {
  if (hits >= n) return 1;
  let [low, high] = [hits / n, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (atMost(hits, n, middle) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** `P(Binomial(n, p) <= hits)` for p in (0, 1), summed in logarithms so that no term underflows early. */
const atMost = (hits: number, n: number, p: number): number => {
  const odds = Math.log(p) - Math.log1p(-p);
  let term = n * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let i = 1; i <= hits; i++) {
    term += Math.log((n - i + 1) / i) + odds;
    sum += Math.exp(term);
  }
  return sum;
};
