import { createTurns } from "../../math/slices.ts";

/** Search range of the logarithm of the temperature. At the upper end all classes are equally likely. */
const LOWEST = Math.log(1e-4);
const HIGHEST = Math.log(1e3);
/** Final width of the interval, in log temperature. It changes no probability by more than 0.001. */
const PRECISION = 1e-3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Scores of questions with the same number of classes. */
export interface ScoreTable {
  /** `[n, width]` row-major, the true class first in each row. */
  readonly scores: Float32Array;
  readonly width: number;
  /** Number of columns in use, starting at the first; at most `width`. */
  readonly classes: number;
  /** Indices of the rows in use. */
  readonly rows: Int32Array;
}

/**
 * Writes `softmax(scores / temperature)` into `probabilities`.
 *
 * @param scores at least as long as `probabilities`
 * @param temperature above 0
 *
 * @example
 * ```ts
 * const probabilities = new Float64Array(2);
 * toProbabilities([1, 0], 1, probabilities);
 * Array.from(probabilities); // [0.731, 0.269]
 * ```
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

/**
 * Mean negative log-likelihood of the true classes, in nats per question; 0 for no rows.
 *
 * @param turn awaited between rows
 */
export const negativeLogLikelihood = async (
  table: ScoreTable,
  temperature: number,
  turn = createTurns(),
): Promise<number> => {
  const { scores, width, classes, rows } = table;
  let sum = 0;
  for (const row of rows) {
    await turn();
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
 * Fits the temperature that maximises the likelihood of the true classes (temperature scaling: Guo, Pleiss, Sun and
 * Weinberger, "On calibration of modern neural networks", ICML 2017, section 4.2). The log-likelihood is concave in
 * 1 / temperature, so a golden-section search over the logarithm finds the only optimum.
 *
 * @param turn awaited between rows
 * @returns in [1e-4, 1e3]; the lower end if the scores always rank the true class first, the upper end if the scores are
 * uninformative
 * @example
 * ```ts
 * await fitTemperature({ scores: Float32Array.of(1, 0, 0, 1), width: 2, classes: 2, rows: Int32Array.of(0, 1) });
 * // close to 1000: the first class is right half of the time
 * ```
 */
export const fitTemperature = async (table: ScoreTable, turn = createTurns()): Promise<number> => {
  const lossAt = (log: number): Promise<number> => negativeLogLikelihood(table, Math.exp(log), turn);
  let [low, high] = [LOWEST, HIGHEST];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [lossLeft, lossRight] = [await lossAt(left), await lossAt(right)];
  while (high - low > PRECISION) {
    // Equal losses: the scores are uninformative (go up), unless the loss is already 0 (go down).
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
