import { multiply } from "../../math/linear-algebra/index.ts";
import { createTurns } from "../../math/slices.ts";

/** Multiply-adds of one product, which holds up other requests: some 10 ms. */
const PRODUCT = 2 ** 26;
const LEAST_ROWS = 16;
/** Numbers that are looked at between two looks at the clock. */
const NUMBERS_A_TURN = 2 ** 18;

/** Mean and covariance of some rows. */
export interface RowMoments {
  readonly count: number;
  /** `[r]` */
  readonly mean: Float64Array;
  /** `[r, r]` row-major; divided by the number of rows. */
  readonly covariance: Float64Array;
  /** The sum of the fourth powers of the rows' distances from their mean. */
  readonly fourth: number;
}

/** The mean of some rows, in float64. @param rows `[n, r]` row-major */
export const meanOfRows = async (rows: Float32Array, r: number): Promise<Float64Array> => {
  const mean = new Float64Array(r);
  const turn = createTurns();
  const rowsATurn = Math.ceil(NUMBERS_A_TURN / r) * r;
  for (let first = 0; first < rows.length; first += rowsATurn) {
    await turn();
    const end = Math.min(rows.length, first + rowsATurn);
    for (let start = first; start < end; start += r)
      for (let i = 0; i < r; i++) mean[i] = (mean[i] ?? 0) + (rows[start + i] ?? 0);
  }
  return mean.map((sum) => (sum * r) / rows.length);
};

/**
 * Mean and covariance of rows, summed in float64.
 *
 * @param rows `[n, r]` row-major, at least one row
 * @example
 * ```ts
 * const { covariance } = await momentsOfRows(Float32Array.of(1, 0, -1, 0), 2); // [1, 0, 0, 0]
 * ```
 */
export const momentsOfRows = async (rows: Float32Array, r: number): Promise<RowMoments> => {
  const count = rows.length / r;
  const mean = await meanOfRows(rows, r);
  const covariance = new Float64Array(r * r);
  let fourth = 0;
  const chunk = Math.max(LEAST_ROWS, Math.floor(PRODUCT / (r * r)));
  const turn = createTurns();
  for (let first = 0; first < count; first += chunk) {
    await turn();
    const last = Math.min(count, first + chunk);
    const data = new Float64Array((last - first) * r);
    for (let start = 0; start < data.length; start += r) {
      let squares = 0;
      for (let i = 0; i < r; i++) {
        const value = (rows[first * r + start + i] ?? 0) - (mean[i] ?? 0);
        data[start + i] = value;
        squares += value ** 2;
      }
      fourth += squares ** 2;
    }
    await turn();
    const part = { data, rows: last - first, columns: r };
    const products = await multiply(part, part, "left");
    for (let i = 0; i < covariance.length; i++)
      covariance[i] = (covariance[i] ?? 0) + (products.data[i] ?? 0) / count;
  }
  return { count, mean, covariance, fourth };
};

/** The trace of a covariance, divided by its dimension. */
export const meanVariance = ({ mean, covariance }: Pick<RowMoments, "mean" | "covariance">): number => {
  let trace = 0;
  for (let i = 0; i < mean.length; i++) trace += covariance[i * mean.length + i] ?? 0;
  return trace / mean.length;
};

/**
 * How far a covariance is shrunk towards a multiple of the identity (Ledoit and Wolf, "A well-conditioned estimator for
 * large-dimensional covariance matrices", 2004).
 *
 * @returns in [0, 1]: 0 keeps the covariance, 1 takes its mean variance for every direction
 * @example
 * ```ts
 * const rows = Float32Array.of(3, 0, -3, 0, 0, 1, 0, -1, 1, 1, -1, -1);
 * shrinkageOf(await momentsOfRows(rows, 2)); // 0.745098
 * ```
 */
export const shrinkageOf = ({ count, mean, covariance, fourth }: RowMoments): number => {
  const r = mean.length;
  const centre = meanVariance({ mean, covariance });
  let [distance, norm] = [0, 0];
  covariance.forEach((value, at) => {
    distance += (value - (at % (r + 1) === 0 ? centre : 0)) ** 2;
    norm += value ** 2;
  });
  if (distance === 0) return 1;
  const noise = fourth / count ** 2 - norm / count;
  return Math.min(Math.max(noise, 0), distance) / distance;
};
