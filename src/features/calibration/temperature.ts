/** Between them lies every temperature that is looked for; at the highest all classes are as likely. */
const LOWEST = Math.log(1e-4);
const HIGHEST = Math.log(1e3);
/** Of the logarithm; no probability moves by a thousandth for it. */
const PRECISION = 1e-3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Of what is divided by the temperature: null for the scores as they are, a number for their logarithm,
 * `sign(s) log(1 + |s| / softness)`, which keeps their order and goes over from linear to logarithmic at `softness`.
 *
 * ASIF's scores are cosines of sparse rows to a high power, most of them near 0, and what matters is how many times larger
 * one is than another: on held-out emoji (323 classes) the log-likelihood is -3.20 a question with a softness of 0.03 and
 * -3.47 with none, the expected calibration error 0.024 and 0.077; at 10 classes -0.76 and -0.83, 0.019 and 0.064. Below
 * 0.03 the likelihood rises by another hundredth, and the error too. Scores of a consensus are some thirty times larger.
 */
export type Softness = number | null;

export const SOFTNESSES: readonly Softness[] = [null, 0.03, 0.3, 3];

export const softened = (softness: Softness, scores: Float32Array): Float32Array =>
  softness === null
    ? scores
    : scores.map((score) => Math.sign(score) * Math.log1p(Math.abs(score) / softness));

/** Scores of questions with as many classes each, the true one first: `[n, width]`, of which the first `classes` count. */
export interface ScoreTable {
  readonly scores: Float32Array;
  readonly width: number;
  readonly classes: number;
  /** The rows that count. */
  readonly rows: Int32Array;
}

/**
 * `softmax(scores / temperature)`, in place of what is in `probabilities`.
 *
 * @param probabilities as long as there are classes
 */
export const toProbabilities = (
  scores: ArrayLike<number>,
  temperature: number,
  probabilities: Float64Array,
): void => {
  let highest = -Infinity;
  for (let i = 0; i < probabilities.length; i++) highest = Math.max(highest, scores[i] ?? -Infinity);
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const value = Math.exp(((scores[i] ?? -Infinity) - highest) / temperature);
    probabilities[i] = value;
    sum += value;
  }
  for (let i = 0; i < probabilities.length; i++) probabilities[i] = (probabilities[i] ?? 0) / sum;
};

/** Mean negative log-likelihood of the true classes, in nats. */
export const negativeLogLikelihood = (table: ScoreTable, temperature: number): number => {
  const { scores, width, classes, rows } = table;
  let sum = 0;
  for (const row of rows) {
    const start = row * width;
    let highest = -Infinity;
    for (let i = start; i < start + classes; i++) highest = Math.max(highest, scores[i] ?? 0);
    let total = 0;
    for (let i = start; i < start + classes; i++)
      total += Math.exp(((scores[i] ?? 0) - highest) / temperature);
    sum += Math.log(total) - ((scores[start] ?? 0) - highest) / temperature;
  }
  return sum / Math.max(1, rows.length);
};

/**
 * The temperature under which the true classes are the most likely (temperature scaling: Guo, Pleiss, Sun and
 * Weinberger, "On calibration of modern neural networks", ICML 2017, section 4.2). The likelihood is concave in
 * 1 / temperature, so a golden-section search over its logarithm finds the one optimum; it lets others in between its
 * steps.
 *
 * @returns in 1e-4 .. 1e3: the ends stand for scores that always name the true class, and for ones that say nothing
 */
export const fitTemperature = async (table: ScoreTable): Promise<number> => {
  const lossAt = async (log: number): Promise<number> => {
    await new Promise(setImmediate);
    return negativeLogLikelihood(table, Math.exp(log));
  };
  let [low, high] = [LOWEST, HIGHEST];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [lossLeft, lossRight] = [await lossAt(left), await lossAt(right)];
  while (high - low > PRECISION) {
    // Where no temperature is likelier than another the scores say nothing, unless there is nothing left to lose.
    if (lossLeft < lossRight || lossLeft === 0) {
      [high, right, lossRight] = [right, left, lossLeft];
      left = high - GOLDEN * (high - low);
      lossLeft = await lossAt(left);
    } else {
      [low, left, lossLeft] = [left, right, lossRight];
      right = low + GOLDEN * (high - low);
      lossRight = await lossAt(right);
    }
  }
  return Math.exp((low + high) / 2);
};
