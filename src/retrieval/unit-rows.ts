/**
 * A copy of `rows` in which each row has L2 norm 1; a zero row stays zero. The norm is taken in float64, so that no
 * finite float32 row over- or underflows.
 *
 * @param rows `[n, d]` row-major
 */
export const unitRows = (rows: Float32Array, dimension: number): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += dimension) writeUnit(rows, at, result, at, dimension);
  return result;
};

/** Writes the vector at `from` in `source`, scaled to norm 1, to `target` at `at`, where zeros are. */
export const writeUnit = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  at: number,
  dimension: number,
): void => {
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum += (source[from + i] ?? 0) ** 2;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < dimension; i++) target[at + i] = (source[from + i] ?? 0) * scale;
};

/** Counts the bytes of a bitmap that are 1. */
export const countOnes = (bitmap: Uint8Array): number => {
  let sum = 0;
  for (const bit of bitmap) sum += bit;
  return sum;
};
