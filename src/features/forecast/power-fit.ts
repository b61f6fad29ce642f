/** A power law with a floor: `y = c + a x^exponent`, with a >= 0 and c >= 0. */
export interface PowerFit {
  readonly a: number;
  /** The power's size b > 0; the exponent is b if y rises with x, else -b. */
  readonly b: number;
  readonly c: number;
  /** Weighted sum of squared residuals. */
  readonly loss: number;
}

/** What a fit is searched among: the powers b in [`least`, `most`], and whether y rises or falls with x. */
export interface PowerRange {
  readonly direction: "falls" | "rises";
  readonly least: number;
  readonly most: number;
}

/** Errors over numbers of anchors. */
export const OVER_ANCHORS: PowerRange = { direction: "falls", least: 0.02, most: 2 };
/** Errors of one task over errors of another. */
export const OVER_ERRORS: PowerRange = { direction: "rises", least: 0.1, most: 10 };

const GRID = 200;
const GOLDEN_STEPS = 80;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

interface Line {
  readonly a: number;
  readonly c: number;
  readonly loss: number;
}

/**
 * Fits a power law with a floor by least squares. The power is searched on a logarithmic grid of 200 points and then by
 * golden section between the neighbours of the best one; a and c follow exactly from it. No start values and no
 * randomness: the same points in any order give the same fit.
 *
 * @param xs positive
 * @param weights of the points; absent: equal ones
 * @throws RangeError for no points, or numbers of x and y that differ
 *
 * @example
 * ```ts
 * const { a, b, c } = fitPower([100, 400, 1600], [0.6755, 0.473, 0.3568], OVER_ANCHORS);
 * ```
 */
export const fitPower = (
  xs: readonly number[],
  ys: readonly number[],
  { direction, least, most }: PowerRange,
  weights: readonly number[] = xs.map(() => 1),
): PowerFit => {
  if (xs.length === 0 || xs.length !== ys.length)
    throw new RangeError("a fit needs as many y as x, and some");
  const sign = direction === "rises" ? 1 : -1;
  // Scaled by their geometric mean, so that no power of them overflows.
  const logs = xs.map(Math.log);
  const centre = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const at = (b: number): Line =>
    fitLine(
      logs.map((log) => Math.exp(sign * b * (log - centre))),
      ys,
      weights,
    );
  const [first, last] = [Math.log(least), Math.log(most)];
  const powers = Array.from({ length: GRID }, (_, i) => Math.exp(first + ((last - first) * i) / (GRID - 1)));
  let [chosen, best] = [0, at(powers[0] ?? least)];
  for (let i = 1; i < GRID; i++) {
    const line = at(powers[i] ?? most);
    if (line.loss < best.loss) [chosen, best] = [i, line];
  }
  let b = powers[chosen] ?? least;
  const refined = goldenSection(powers[chosen - 1] ?? b, powers[chosen + 1] ?? b, (power) => at(power).loss);
  const line = at(refined);
  if (line.loss < best.loss) [b, best] = [refined, line];
  return { a: best.a * Math.exp(-sign * b * centre), b, c: best.c, loss: best.loss };
};

/** The value of a fit at `x`. */
export const powerAt = ({ a, b, c }: PowerFit, x: number, { direction }: PowerRange): number =>
  c + a * Math.pow(x, direction === "rises" ? b : -b);

/** The best a, c >= 0 of `y = c + a u`: inside, or on one of the two borders. */
const fitLine = (us: readonly number[], ys: readonly number[], weights: readonly number[]): Line => {
  let [w, wu, wuu, wy, wuy] = [0, 0, 0, 0, 0];
  us.forEach((u, i) => {
    const [y, weight] = [ys[i] ?? 0, weights[i] ?? 1];
    w += weight;
    wu += weight * u;
    wuu += weight * u * u;
    wy += weight * y;
    wuy += weight * u * y;
  });
  const lossOf = (a: number, c: number): Line => ({
    a,
    c,
    loss: us.reduce((sum, u, i) => sum + (weights[i] ?? 1) * ((ys[i] ?? 0) - c - a * u) ** 2, 0),
  });
  const determinant = w * wuu - wu * wu;
  const a = determinant === 0 ? NaN : (w * wuy - wu * wy) / determinant;
  const c = (wy - a * wu) / w;
  const candidates = [lossOf(Math.max(wuy / wuu, 0), 0), lossOf(0, Math.max(wy / w, 0))];
  if (a >= 0 && c >= 0) candidates.unshift(lossOf(a, c));
  return candidates.reduce((best, line) => (line.loss < best.loss ? line : best));
};

const goldenSection = (from: number, to: number, of: (x: number) => number): number => {
  let [low, high] = [from, to];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [ofLeft, ofRight] = [of(left), of(right)];
  for (let step = 0; step < GOLDEN_STEPS; step++) {
    if (ofLeft <= ofRight) {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - GOLDEN * (high - low);
      ofLeft = of(left);
    } else {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + GOLDEN * (high - low);
      ofRight = of(right);
    }
  }
  return (low + high) / 2;
};

/** A line in the logarithm of x: `y = u + v ln x`. */
export interface LogFit {
  readonly u: number;
  readonly v: number;
}

/** Least squares for a line in ln x; with one distinct x it is level. */
export const fitLog = (xs: readonly number[], ys: readonly number[]): LogFit => {
  const logs = xs.map(Math.log);
  const n = logs.length;
  const [meanX, meanY] = [logs, ys].map((values) => values.reduce((sum, value) => sum + value, 0) / n);
  let [covariance, variance] = [0, 0];
  logs.forEach((log, i) => {
    covariance += (log - (meanX ?? 0)) * ((ys[i] ?? 0) - (meanY ?? 0));
    variance += (log - (meanX ?? 0)) ** 2;
  });
  const v = variance === 0 ? 0 : covariance / variance;
  return { u: (meanY ?? 0) - v * (meanX ?? 0), v };
};

/** The value of a {@link LogFit} at `x`; it may be below 0. */
export const logAt = ({ u, v }: LogFit, x: number): number => u + v * Math.log(x);
