/**
 * A copy of `rows` in which each row has L2 norm 1; a zero row stays zero. The norm is taken in float64, so that no
 * finite float32 row over- or underflows.
 *
 * @param rows `[n, d]` row-major
 */
export const unitRows = (rows: Float32Array, dimension: number): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += dimension) {
    let sum = 0;
    for (let i = start; i < start + dimension; i++) sum += (rows[i] ?? 0) ** 2;
    if (sum === 0) continue;
    const scale = 1 / Math.sqrt(sum);
    for (let i = start; i < start + dimension; i++) result[i] = (rows[i] ?? 0) * scale;
  }
  return result;
};
