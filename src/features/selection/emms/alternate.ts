import { functionOfSymmetric } from "../../../math/linear-algebra/index.ts";
import { traceOf } from "./class-means.ts";
import { sparsemax } from "./sparsemax.ts";

/** Relative to the greatest eigenvalue: label embeddings that differ by less, as a share of length 1e-6, are one. */
const DEPENDENT = 1e-12;
const CONVERGED = 1e-6;
/** A residual below this share of the label embeddings' squared length is rounding, and does not converge. */
const NOTHING = 1e-13;
const INNER_STEPS = 1_000;
const INNER_CONVERGED = 1e-14;

/** All that the alternating minimisation knows of features X and K label embeddings: `[K, K]`, symmetric. */
export interface LabelProducts {
  readonly size: number;
  /** `<Z_k, Z_l>` */
  readonly all: Float64Array;
  /** `<P Z_k, P Z_l>`, P the projector on the columns of X. */
  readonly explained: Float64Array;
}

export interface Alternation {
  /** `[K]`, on the simplex. */
  readonly weights: Float64Array;
  /** The squared residual `||X W - sum_k t_k Z_k||^2` after each round. */
  readonly objectives: readonly number[];
  /** Whether the last round changed the objective by less than 1e-6 of itself. */
  readonly converged: boolean;
}

/**
 * EMMS' alternating minimisation of `||X W - sum_k t_k Z_k||^2` over W and t on the simplex (Meng et al., arXiv
 * 2308.06262, algorithm 1), from t = 1 / K. With the best W for t, `X W` is `P sum_k t_k Z_k`, so that each round is
 * algebra of K x K matrices: t becomes the least-squares solution of `[vec Z_1 .. vec Z_K] t = vec(X W)`, of minimum
 * norm, brought back to the simplex by sparsemax.
 *
 * For K above 2 the point of the simplex nearest to the solution is not the best one, and the objective may grow. The
 * first round is as published; in a later one in which it would, t becomes the best point of the simplex instead.
 *
 * @param rounds how many at most, from 1
 */
export const alternate = async (products: LabelProducts, rounds: number): Promise<Alternation> => {
  const { size, explained } = products;
  const inverse = await functionOfSymmetric(products.all, size, (value, greatest) =>
    value > DEPENDENT * greatest ? 1 / value : 0,
  );
  let weights: Float64Array = new Float64Array(size).fill(1 / size);
  const objectives: number[] = [];
  const nothing = NOTHING * traceOf(products.all, size);
  for (let round = 1; round <= rounds; round++) {
    const wanted = times(explained, weights);
    let next = sparsemax(times(inverse, wanted));
    const before = objectives.at(-1);
    if (before !== undefined && residual(products, weights, next) > before)
      next = bestOnSimplex(products, wanted, weights);
    const objective = residual(products, weights, next);
    objectives.push(objective);
    weights = next;
    if (before !== undefined && Math.abs(before - objective) <= Math.max(CONVERGED * before, nothing))
      return { weights, objectives, converged: true };
  }
  return { weights, objectives, converged: false };
};

/** `||P Z s - Z t||^2`, the part in the space of X and the part outside of it apart, so that neither is negative. */
const residual = ({ all, explained }: LabelProducts, s: Float64Array, t: Float64Array): number => {
  const moved = s.map((value, k) => value - (t[k] ?? 0));
  const outside = quadratic(all, t) - quadratic(explained, t);
  return Math.max(0, quadratic(explained, moved)) + Math.max(0, outside);
};

/** The minimum over the simplex of `||P Z s - Z t||^2`, by projected gradients from `start`: none is worse than it. */
const bestOnSimplex = (
  { all, size }: LabelProducts,
  wanted: Float64Array,
  start: Float64Array,
): Float64Array => {
  const trace = traceOf(all, size);
  let weights = start;
  for (let i = 0; i < INNER_STEPS; i++) {
    const products = times(all, weights);
    const next = sparsemax(
      weights.map((value, k) => value - ((products[k] ?? 0) - (wanted[k] ?? 0)) / trace),
    );
    const change = next.reduce((most, value, k) => Math.max(most, Math.abs(value - (weights[k] ?? 0))), 0);
    weights = next;
    if (change <= INNER_CONVERGED) break;
  }
  return weights;
};

const quadratic = (matrix: Float64Array, vector: Float64Array): number =>
  times(matrix, vector).reduce((sum, value, k) => sum + value * (vector[k] ?? 0), 0);

const times = (matrix: Float64Array, vector: Float64Array): Float64Array => {
  const size = vector.length;
  return new Float64Array(size).map((_, k) =>
    vector.reduce((sum, value, l) => sum + (matrix[k * size + l] ?? 0) * value, 0),
  );
};
