/**
 * The point of the simplex that is nearest to `point`: its coordinates are at least 0 and add up to 1 (Martins and
 * Astudillo, "From softmax to sparsemax", 2016, algorithm 1).
 *
 * @param point `[K]`, K at least 1, finite
 */
export const sparsemax = (point: Float64Array): Float64Array => {
  // The same shift everywhere changes nothing, and keeps the digits of those near the greatest.
  const most = point.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
  const shifted = point.map((value) => value - most);
  const descending = shifted.slice().sort().reverse();
  let [sum, threshold] = [0, 0];
  for (let i = 0; i < descending.length; i++) {
    const value = descending[i] ?? 0;
    sum += value;
    if (1 + (i + 1) * value > sum) threshold = (sum - 1) / (i + 1);
  }
  return shifted.map((value) => Math.max(0, value - threshold));
};
