import { functionOfSymmetric } from "../../../math/linear-algebra/index.ts";
import { traceOf } from "./class-means.ts";

/** Directions along which the objective is flatter than this share of the steepest one count as flat. */
const FLAT = 1e-12;
/** Newton steps repeated on one face, which correct rounding alone. */
const REFINEMENTS = 3;

/** A convex quadratic form on the simplex: `f(t) = t^T H t - 2 b^T t`. */
export interface SimplexProgram {
  /** `[K, K]`, symmetric, positive semidefinite up to rounding. */
  readonly hessian: Float64Array;
  /** `[K]`: b. */
  readonly linear: Float64Array;
}

/**
 * Minimises a convex quadratic form over the simplex by a primal active-set method (Nocedal and Wright, "Numerical
 * optimization", 2006, section 16.5): a Newton step on the face of the positive weights, shortened where a weight would
 * become negative; then the weight that lowers the objective most joins the face.
 *
 * @param start `[K]`, on the simplex; the result is never worse
 * @param tolerance the result is at most this far above the minimum, where rounding permits
 * @returns `[K]`, on the simplex
 * @example
 * ```ts
 * const program = { hessian: Float64Array.of(1, 0, 0, 3), linear: new Float64Array(2) };
 * await minimizeOnSimplex(program, Float64Array.of(0.5, 0.5), 1e-12); // [0.75, 0.25]
 * ```
 */
export const minimizeOnSimplex = async (
  program: SimplexProgram,
  start: Float64Array,
  tolerance: number,
): Promise<Float64Array> => {
  const size = start.length;
  const weights = start.slice();
  const face = new Set([...weights.keys()].filter((k) => (weights[k] ?? 0) > 0));
  let refinements = 0;
  for (let step = 0; step < 100 * size; step++) {
    const direction = await newtonDirection(program, weights, [...face]);
    let [length, blocking] = [1, -1];
    for (const k of face) {
      const change = direction[k] ?? 0;
      const most = change < 0 ? (weights[k] ?? 0) / -change : Infinity;
      if (most < length) [length, blocking] = [most, k];
    }
    for (const k of face) weights[k] = Math.max(0, (weights[k] ?? 0) + length * (direction[k] ?? 0));
    if (blocking >= 0) {
      weights[blocking] = 0;
      face.delete(blocking);
      continue;
    }
    const slope = slopes(program, weights);
    const lowest = slope.reduce((best, value, k) => (value < (slope[best] ?? 0) ? k : best), 0);
    if (simplexGap(program, weights) <= tolerance) break;
    if (!face.has(lowest)) {
      face.add(lowest);
      refinements = 0;
    } else if (++refinements > REFINEMENTS) break;
  }
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
};

/**
 * The Frank-Wolfe duality gap: how far `weights` are above the minimum at most; 0 at a stationary point (Jaggi,
 * "Revisiting Frank-Wolfe", 2013).
 */
export const simplexGap = (program: SimplexProgram, weights: Float64Array): number => {
  const slope = slopes(program, weights);
  const own = slope.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);
  return Math.max(0, 2 * (own - Math.min(...slope)));
};

/** Half the gradient. */
const slopes = ({ hessian, linear }: SimplexProgram, weights: Float64Array): Float64Array =>
  times(hessian, weights).map((value, k) => value - (linear[k] ?? 0));

/** The step to the minimum over the plane of the face: of least norm where the minimum is not unique. */
const newtonDirection = async (
  program: SimplexProgram,
  weights: Float64Array,
  face: readonly number[],
): Promise<Float64Array> => {
  const size = weights.length;
  const m = face.length;
  const entry = (i: number, j: number): number =>
    program.hessian[(face[i] ?? 0) * size + (face[j] ?? 0)] ?? 0;
  const means = Float64Array.from(face, (_, i) => face.reduce((sum, __, j) => sum + entry(i, j), 0) / m);
  const mean = means.reduce((sum, value) => sum + value, 0) / m;
  // Double centring projects on the directions whose coordinates add up to 0.
  const projected = Float64Array.from({ length: m * m }, (_, at) => {
    const [i, j] = [Math.floor(at / m), at % m];
    return entry(i, j) - (means[i] ?? 0) - (means[j] ?? 0) + mean;
  });
  const flat = (FLAT * traceOf(program.hessian, size)) / size;
  const inverse = await functionOfSymmetric(projected, m, (value, greatest) =>
    value > Math.max(flat, FLAT * greatest) ? 1 / value : 0,
  );
  const slope = slopes(program, weights);
  const step = times(
    inverse,
    Float64Array.from(face, (k) => slope[k] ?? 0),
  );
  const direction = new Float64Array(size);
  face.forEach((k, i) => (direction[k] = -(step[i] ?? 0)));
  return direction;
};

/** `matrix` times `vector`, row-major `[K, K]`. */
export const times = (matrix: Float64Array, vector: Float64Array): Float64Array => {
  const size = vector.length;
  return new Float64Array(size).map((_, k) =>
    vector.reduce((sum, value, l) => sum + (matrix[k * size + l] ?? 0) * value, 0),
  );
};
