import type { Tridiagonal } from "./tridiagonal.ts";

/**
 * The eigenvalues of a symmetric tridiagonal matrix, unordered.
 *
 * @returns `[n]`
 * @example
 * ```ts
 * eigenvaluesOf({ diagonal: Float64Array.of(2, 2), beside: Float64Array.of(1, 0) }); // 1 and 3
 * ```
 */
export const eigenvaluesOf = (matrix: Pick<Tridiagonal, "diagonal" | "beside">): Float64Array => {
  const steps = diagonalize(matrix);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/**
 * QL iteration with implicit shifts (Bowdler, Martin, Reinsch and Wilkinson, "The QR and QL algorithms for symmetric
 * matrices", 1968). Yields after each step, so that the caller can let other work run.
 *
 * @param vectors `[n, n]`; multiplied from the left, in place, by the matrix whose row i is the eigenvector of value i
 * @returns `[n]`: the eigenvalues, unordered
 */
export function* diagonalize(
  { diagonal, beside }: Pick<Tridiagonal, "diagonal" | "beside">,
  vectors?: Float64Array,
): Generator<void, Float64Array> {
  const n = diagonal.length;
  const largest = diagonal.reduce(
    (most, value, i) => Math.max(most, Math.abs(value) + Math.abs(beside[i] ?? 0)),
    0,
  );
  if (largest === 0) return diagonal.slice();
  // Scale by a power of 2, which is exact. Otherwise squares of very small entries underflow and no step converges.
  const unit = 2 ** Math.floor(Math.log2(largest));
  const [d, e] = [diagonal.map((value) => value / unit), beside.map((value) => value / unit)];
  // The tridiagonal reduction has rounding errors of this size.
  const floor = Number.EPSILON * (largest / unit);
  for (let l = 0; l < n; l++) {
    for (;;) {
      let end = l;
      while (end < n - 1 && Math.abs(e[end] ?? 0) > floor) end++;
      if (end === l) break;
      step(d, e, l, end, vectors);
      yield;
    }
  }
  return d.map((value) => value * unit);
}

/** One implicit QL step on rows `l` to `end`. */
const step = (d: Float64Array, e: Float64Array, l: number, end: number, vectors?: Float64Array): void => {
  const [dl, el] = [d[l] ?? 0, e[l] ?? 0];
  const half = ((d[l + 1] ?? 0) - dl) / (2 * el);
  const root = Math.sqrt(half * half + 1);
  let g = (d[end] ?? 0) - dl + el / (half + (half >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = end - 1; i >= l; i--) {
    const [f, b] = [s * (e[i] ?? 0), c * (e[i] ?? 0)];
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = (d[i + 1] ?? 0) - p;
      e[end] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = (d[i + 1] ?? 0) - p;
    const turned = ((d[i] ?? 0) - g) * s + 2 * c * b;
    p = s * turned;
    d[i + 1] = g + p;
    g = c * turned - b;
    if (vectors !== undefined) rotateRows(vectors, d.length, i, c, s);
  }
  d[l] = dl - p;
  e[l] = g;
  e[end] = 0;
};

/** Rotates rows i and i + 1 by the cosine `c` and the sine `s`. */
const rotateRows = (rows: Float64Array, n: number, i: number, c: number, s: number): void => {
  const [one, other] = [i * n, (i + 1) * n];
  for (let k = 0; k < n; k++) {
    const [a, b] = [rows[one + k] ?? 0, rows[other + k] ?? 0];
    rows[other + k] = s * a + c * b;
    rows[one + k] = c * a - s * b;
  }
};
