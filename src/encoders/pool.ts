/**
 * Divides each row by its L2 norm, in place.
 *
 * @param rows `[n, d]` row-major
 * @returns the index of the first row that is zero or not finite, or -1
 */
export const normalizeRows = (rows: Float32Array, dimension: number): number => {
  for (let start = 0; start < rows.length; start += dimension) {
    let sum = 0;
    for (let i = start; i < start + dimension; i++) sum += (rows[i] ?? 0) ** 2;
    if (!(sum > 0) || !Number.isFinite(sum)) return start / dimension;
    const scale = 1 / Math.sqrt(sum);
    for (let i = start; i < start + dimension; i++) rows[i] = (rows[i] ?? 0) * scale;
  }
  return -1;
};

/**
 * Pools token activations to one vector per text: the first token (`cls`), the last real token, or the mean.
 *
 * @param tokens `[n, length, d]` row-major
 * @param counts number of real tokens of each text; padding follows them
 * @returns `[n, d]` row-major
 */
export const poolTokens = (
  tokens: Float32Array,
  counts: readonly number[],
  length: number,
  dimension: number,
  pooling: "cls" | "mean" | "last",
): Float32Array => {
  const pooled = new Float32Array(counts.length * dimension);
  counts.forEach((count, text) => {
    const first = pooling === "last" ? count - 1 : 0;
    const last = pooling === "cls" ? 0 : count - 1;
    const scale = 1 / (last - first + 1);
    for (let token = first; token <= last; token++) {
      const from = (text * length + token) * dimension;
      for (let i = 0; i < dimension; i++) {
        const to = text * dimension + i;
        pooled[to] = (pooled[to] ?? 0) + (tokens[from + i] ?? 0) * scale;
      }
    }
  });
  return pooled;
};

/**
 * Puts the first token (CLS) and the mean of the patches side by side.
 *
 * @param tokens `[n, length, d]` row-major
 * @param prefix number of tokens before the patches, at least 1
 * @returns `[n, 2d]` row-major
 */
export const poolClsAndMean = (
  tokens: Float32Array,
  n: number,
  length: number,
  dimension: number,
  prefix: number,
): Float32Array => {
  const pooled = new Float32Array(n * dimension * 2);
  for (let row = 0; row < n; row++) {
    const at = row * dimension * 2;
    pooled.set(tokens.subarray(row * length * dimension, (row * length + 1) * dimension), at);
    for (let token = prefix; token < length; token++) {
      const from = (row * length + token) * dimension;
      for (let i = 0; i < dimension; i++) {
        const to = at + dimension + i;
        pooled[to] = (pooled[to] ?? 0) + (tokens[from + i] ?? 0) / (length - prefix);
      }
    }
  }
  return pooled;
};
