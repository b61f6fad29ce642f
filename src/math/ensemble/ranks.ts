/** Whether all values are equal. */
export const isConstant = (values: ArrayLike<number>): boolean => {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
};

/**
 * The rank of each value, starting at 1; tied values share their mean rank. NaN gets rank NaN and does not count.
 *
 * @param first which value gets rank 1
 * @returns `[n]`
 * @example
 * ```ts
 * averageRanks([3, 1, 3, 2], "highest"); // 1.5, 4, 1.5, 3
 * ```
 */
export const averageRanks = (values: ArrayLike<number>, first: "highest" | "lowest"): Float64Array => {
  const sign = first === "lowest" ? 1 : -1;
  const order = Uint32Array.from({ length: values.length }, (_, i) => i)
    .filter((i) => !Number.isNaN(values[i]))
    .sort((i, j) => sign * ((values[i] ?? 0) - (values[j] ?? 0)));
  const ranks = new Float64Array(values.length).fill(Number.NaN);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++;
    for (let at = start; at < end; at++) ranks[order[at] ?? 0] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
};
