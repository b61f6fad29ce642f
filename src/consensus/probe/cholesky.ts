/** Lets others have their turn where it is time. */
export type Rest = () => Promise<void>;

/**
 * The lower triangular L with `L L^T = matrix`, in place.
 *
 * @param matrix `[n, n]`, symmetric and positive definite, of which the lower triangle is read
 */
export const factor = async (matrix: Float64Array, n: number, rest: Rest): Promise<void> => {
  for (let i = 0; i < n; i++) {
    const own = matrix.subarray(i * n, i * n + n);
    for (let j = 0; j <= i; j++) {
      const other = matrix.subarray(j * n, j * n + n);
      let sum = own[j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (own[k] ?? 0) * (other[k] ?? 0);
      own[j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (other[j] ?? 1);
    }
    await rest();
  }
};

/** x with `L x = right`, in place. */
export const solveInPlace = (lower: Float64Array, right: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] ?? 0) * (right[k] ?? 0);
    right[i] = sum / (lower[i * n + i] ?? 1);
  }
};

/** x with `L^T x = right`, in place. */
export const solveTransposed = (lower: Float64Array, right: Float64Array, n: number): void => {
  for (let i = n - 1; i >= 0; i--) {
    const value = (right[i] ?? 0) / (lower[i * n + i] ?? 1);
    right[i] = value;
    for (let k = 0; k < i; k++) right[k] = (right[k] ?? 0) - value * (lower[i * n + k] ?? 0);
  }
};
