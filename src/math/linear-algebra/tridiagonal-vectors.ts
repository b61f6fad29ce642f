import { createRandom } from "../random.ts";
import type { Matrix } from "./products.ts";
import type { Tridiagonal } from "./tridiagonal.ts";

/** Inverse iterations per vector. The first, from a random vector, already yields most of the eigenvector. */
const STEPS = 3;
/** Relative to the norm: vectors of eigenvalues closer than this must be orthogonalised explicitly (LAPACK's dstein). */
const CLOSE = 1e-3;
/** Relative to the norm: equal eigenvalues are shifted apart by this much, so that their systems differ. */
const APART = 10 * Number.EPSILON;

/** LU factors of a tridiagonal matrix minus a shift: pivots, two superdiagonals, multipliers and row exchanges. */
interface Factors {
  readonly pivots: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly multipliers: Float64Array;
  readonly exchanged: Uint8Array;
}

/**
 * Unit eigenvectors of a symmetric tridiagonal matrix by inverse iteration (Wilkinson; Golub and Van Loan, "Matrix
 * computations", section 8.4.2). The vectors are orthogonal to each other.
 *
 * @param matrix `[n, n]`, as its diagonal and off-diagonal
 * @param values `[r]`: the greatest eigenvalues, in descending order
 * @param rest awaited after each vector
 * @param close relative to the norm: vectors of values further apart than this are orthogonal to about the float64
 * precision over it, without work of their own
 * @returns `[r, n]`: row k is the eigenvector of value k
 */
export const tridiagonalVectors = async (
  { diagonal, beside }: Pick<Tridiagonal, "diagonal" | "beside">,
  values: Float64Array,
  rest: () => Promise<void>,
  close = CLOSE,
): Promise<Matrix> => {
  const n = diagonal.length;
  const largest = diagonal.reduce(
    (most, value, i) =>
      Math.max(most, Math.abs(value) + Math.abs(beside[i] ?? 0) + Math.abs(beside[i - 1] ?? 0)),
    0,
  );
  const norm = largest === 0 ? 1 : largest;
  const vectors = new Float64Array(values.length * n);
  const random = createRandom(1);
  let cluster = 0;
  let shift = Infinity;
  for (let k = 0; k < values.length; k++) {
    const value = values[k] ?? 0;
    if (k > 0 && (values[k - 1] ?? 0) - value > close * norm) cluster = k;
    shift = Math.min(value, shift - APART * norm);
    const factors = eliminate(diagonal, beside, shift, norm);
    const own = vectors.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++) own[i] = random.next() - 0.5;
    for (let step = 0; step < STEPS; step++) {
      solve(factors, own);
      toUnit(own);
      // Orthogonalise twice: if little remains after the first pass, its rounding errors dominate.
      for (let pass = 0; pass < 2 && cluster < k; pass++) {
        for (let other = cluster; other < k; other++)
          takeAway(own, vectors.subarray(other * n, (other + 1) * n));
        toUnit(own);
      }
    }
    await rest();
  }
  return { data: vectors, rows: values.length, columns: n };
};

/** Gaussian elimination with partial pivoting. A pivot below the rounding error is raised to it. */
const eliminate = (diagonal: Float64Array, beside: Float64Array, shift: number, norm: number): Factors => {
  const n = diagonal.length;
  const pivots = diagonal.map((value) => value - shift);
  const first = beside.slice();
  const second = new Float64Array(n);
  const multipliers = new Float64Array(n);
  const exchanged = new Uint8Array(n);
  const least = Number.EPSILON * norm;
  for (let i = 0; i < n; i++) {
    const below = i < n - 1 ? (beside[i] ?? 0) : 0;
    if (Math.abs(below) > Math.abs(pivots[i] ?? 0)) {
      const [pivot, above] = [pivots[i] ?? 0, first[i] ?? 0];
      exchanged[i] = 1;
      multipliers[i] = pivot / below;
      pivots[i] = below;
      first[i] = pivots[i + 1] ?? 0;
      second[i] = first[i + 1] ?? 0;
      pivots[i + 1] = above - (multipliers[i] ?? 0) * (first[i] ?? 0);
      first[i + 1] = -(multipliers[i] ?? 0) * (second[i] ?? 0);
      continue;
    }
    if (Math.abs(pivots[i] ?? 0) < least) pivots[i] = least;
    if (i === n - 1) break;
    multipliers[i] = below / (pivots[i] ?? 1);
    pivots[i + 1] = (pivots[i + 1] ?? 0) - (multipliers[i] ?? 0) * (first[i] ?? 0);
  }
  return { pivots, first, second, multipliers, exchanged };
};

const solve = ({ pivots, first, second, multipliers, exchanged }: Factors, x: Float64Array): void => {
  const n = x.length;
  for (let i = 0; i < n - 1; i++) {
    const [here, next] = [x[i] ?? 0, x[i + 1] ?? 0];
    const [kept, changed] = exchanged[i] === 1 ? [next, here] : [here, next];
    x[i] = kept;
    x[i + 1] = changed - (multipliers[i] ?? 0) * kept;
  }
  for (let i = n - 1; i >= 0; i--) {
    const above = (first[i] ?? 0) * (x[i + 1] ?? 0) + (second[i] ?? 0) * (x[i + 2] ?? 0);
    x[i] = ((x[i] ?? 0) - above) / (pivots[i] ?? 1);
  }
};

const takeAway = (from: Float64Array, unit: Float64Array): void => {
  let along = 0;
  for (let i = 0; i < from.length; i++) along += (from[i] ?? 0) * (unit[i] ?? 0);
  for (let i = 0; i < from.length; i++) from[i] = (from[i] ?? 0) - along * (unit[i] ?? 0);
};

/** Scales to norm 1; divides by the largest entry first, because its square may overflow. */
const toUnit = (vector: Float64Array): void => {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return;
  let squares = 0;
  for (const value of vector) squares += (value / largest) ** 2;
  const length = largest * Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / length;
};
