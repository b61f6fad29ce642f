import { functionOfSymmetric } from "../../../math/linear-algebra/index.ts";
import { traceOf } from "./class-means.ts";
import { minimizeOnSimplex, simplexGap, times, type SimplexProgram } from "./simplex-program.ts";
import { sparsemax } from "./sparsemax.ts";

/** Relative to the greatest eigenvalue: label embeddings closer than 1e-6 of their length count as equal. */
const DEPENDENT = 1e-12;
/** The largest relative distance of a converged objective from the optimum. */
const STATIONARY = 1e-9;
/** A residual below this share of the label embeddings' squared length is rounding. */
const ROUNDING = 1e-13;

/** What the minimisation needs to know of features X and K label embeddings Z_k: `[K, K]`, symmetric. */
export interface LabelProducts {
  readonly size: number;
  /** `<Z_k, Z_l>` */
  readonly all: Float64Array;
  /** `<P Z_k, P Z_l>`, P the projector on the columns of X. */
  readonly explained: Float64Array;
}

/** The result of a minimisation. */
export interface Alternation {
  /** `[K]`, on the simplex. */
  readonly weights: Float64Array;
  /** The squared residual `||X W - sum_k t_k Z_k||^2` after each round. */
  readonly objectives: readonly number[];
  /** Whether the last objective is the minimum over W and t, to 1e-9 of itself: the point is stationary. */
  readonly converged: boolean;
}

/**
 * EMMS' alternating minimisation of `||X W - sum_k t_k Z_k||^2` over W and t on the simplex (Meng et al., arXiv
 * 2308.06262, algorithm 1). With the best W for t, `X W` is `P sum_k t_k Z_k`, so each round is algebra of K x K matrices.
 *
 * The first round is as published: from t = 1 / K, t becomes the least-squares solution of `[vec Z_1 .. vec Z_K] t =
 * vec(X W)` of minimum norm, projected on the simplex by sparsemax. The projection is not the best point of the simplex,
 * so this t can be worse than the uniform weights. Each later round takes the exact step, the best t on the simplex for
 * the W of the round before; the second starts from the better of the first round's t and the uniform weights. So from
 * the second round on the objective never grows and is never above that of the uniform weights. It ends at a stationary
 * point, which is the optimum, for the objective is convex.
 *
 * @param rounds the most rounds, from 1
 */
export const alternate = async (products: LabelProducts, rounds: number): Promise<Alternation> => {
  const { size, all } = products;
  const program = programOf(products);
  const rounding = ROUNDING * traceOf(all, size);
  const uniform = uniformWeights(size);
  let weights = await publishedStep(products, uniform);
  const objectives = [residual(products, uniform, weights)];
  for (;;) {
    const objective = objectives.at(-1) ?? 0;
    const optimum = residual(products, weights, weights) - simplexGap(program, weights);
    const converged = objective - optimum <= Math.max(STATIONARY * objective, 10 * rounding);
    if (converged || objectives.length >= rounds) return { weights, objectives, converged };
    const start = objectives.length === 1 ? better(products, weights, uniform) : weights;
    const step: SimplexProgram = { hessian: all, linear: times(products.explained, start) };
    weights = await minimizeOnSimplex(step, start, rounding);
    objectives.push(residual(products, start, weights));
  }
};

/**
 * The optimum of the same objective over W and t together. With the best W for t, it is the convex quadratic form
 * `t^T (A - E) t`, A the products of the label embeddings and E those of their explained parts: one K x K programme.
 */
export const optimalWeights = async (products: LabelProducts): Promise<Alternation> => {
  const { size, all } = products;
  const program = programOf(products);
  const rounding = ROUNDING * traceOf(all, size);
  const weights = await minimizeOnSimplex(program, uniformWeights(size), rounding);
  const objective = residual(products, weights, weights);
  const converged = simplexGap(program, weights) <= Math.max(STATIONARY * objective, 10 * rounding);
  return { weights, objectives: [objective], converged };
};

const uniformWeights = (size: number): Float64Array => new Float64Array(size).fill(1 / size);

/** The objective with the best W for each t. */
const programOf = ({ all, explained, size }: LabelProducts): SimplexProgram => ({
  hessian: all.map((value, at) => value - (explained[at] ?? 0)),
  linear: new Float64Array(size),
});

const publishedStep = async ({ all, explained, size }: LabelProducts, start: Float64Array) => {
  const inverse = await functionOfSymmetric(all, size, (value, greatest) =>
    value > DEPENDENT * greatest ? 1 / value : 0,
  );
  return sparsemax(times(inverse, times(explained, start)));
};

const better = (products: LabelProducts, one: Float64Array, other: Float64Array): Float64Array =>
  residual(products, one, one) <= residual(products, other, other) ? one : other;

/** `||P Z s - Z t||^2`. The parts inside and outside the space of X are summed apart, so neither is negative. */
const residual = ({ all, explained }: LabelProducts, s: Float64Array, t: Float64Array): number => {
  const moved = s.map((value, k) => value - (t[k] ?? 0));
  const outside = quadratic(all, t) - quadratic(explained, t);
  return Math.max(0, quadratic(explained, moved)) + Math.max(0, outside);
};

const quadratic = (matrix: Float64Array, vector: Float64Array): number =>
  times(matrix, vector).reduce((sum, value, k) => sum + value * (vector[k] ?? 0), 0);
