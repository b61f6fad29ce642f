import { unitRows } from "./unit-rows.ts";
import { multiplyByTransposed } from "./kernels.ts";
import type { Fit } from "./transform.ts";

/** The pseudoinverse of each fit's projection, `[d, rank]`, made on first use. */
const inverses = new WeakMap<Fit, Float32Array>();

/**
 * Raw unit vectors that a fit shows as the given rows: the inverse of `applyTransform`. A row z is brought back to
 * `mean + c v` with v the pseudoinverse of the projection times z; as the mean of unit vectors is shorter than 1, there
 * is exactly one positive c that makes it a unit vector. What a projection has left out is not made up.
 *
 * @param fit null: vectors are shown as they are
 * @param shown `[n, rank]` row-major; only the direction of a row counts
 * @returns `[n, d]` row-major, of norm 1; a row of zeros gives the direction of the mean
 */
export const liftRows = async (
  fit: Fit | null,
  shown: Float32Array,
  dimension: number,
): Promise<Float32Array> => {
  if (fit === null) return unitRows(shown, dimension);
  const directions = await backward(fit, shown);
  const raw = new Float32Array(directions.length);
  for (let start = 0; start < raw.length; start += dimension) {
    const scale = scaleToUnit(fit.mean, directions.subarray(start, start + dimension));
    for (let i = 0; i < dimension; i++)
      raw[start + i] = (fit.mean[i] ?? 0) + scale * (directions[start + i] ?? 0);
  }
  return unitRows(raw, dimension);
};

const backward = async (fit: Fit, shown: Float32Array): Promise<Float32Array> => {
  const { mean, projection } = fit;
  if (projection === null) return shown;
  const rank = projection.length / mean.length;
  const inverse = inverses.get(fit) ?? invert(projection, rank, mean.length);
  inverses.set(fit, inverse);
  return multiplyByTransposed(
    { data: shown, rows: shown.length / rank, columns: rank },
    { data: inverse, rows: mean.length, columns: rank },
  );
};

/** Rows of a projection are orthogonal, so each divided by its squared norm is a column of the pseudoinverse. */
const invert = (projection: Float32Array, rank: number, d: number): Float32Array => {
  const inverse = new Float32Array(projection.length);
  for (let row = 0; row < rank; row++) {
    let squares = 0;
    for (let i = 0; i < d; i++) squares += (projection[row * d + i] ?? 0) ** 2;
    for (let i = 0; i < d; i++) inverse[i * rank + row] = (projection[row * d + i] ?? 0) / squares;
  }
  return inverse;
};

/** The positive c for which `mean + c direction` has norm 1; 0 where the direction is zero. */
const scaleToUnit = (mean: Float32Array, direction: Float32Array): number => {
  let [along, length, squares] = [0, 0, 0];
  direction.forEach((value, i) => {
    const centre = mean[i] ?? 0;
    along += value * centre;
    length += value * value;
    squares += centre * centre;
  });
  if (length === 0) return 0;
  return (Math.sqrt(along * along + length * Math.max(0, 1 - squares)) - along) / length;
};
