import type { Matrix } from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { checkedClasses, undefinedScore, type Classes } from "./classes.ts";
import { principalComponents } from "./principal-components.ts";
import type { Embeddings, TransferScorer } from "./types.ts";

const DIMENSIONS = 64;
/** The least variance, as in the authors' code: a class of one row has none of its own. */
const LEAST_VARIANCE = 1e-4;

/**
 * GBC (Pándy, Agostinelli, Uijlings, Ferrari and Mensink, "Transferability estimation using Bhattacharyya class
 * separability", CVPR 2022): `-sum exp(-D_B(i, j))` over ordered pairs of distinct classes, each taken for a Gaussian with
 * diagonal (the default) or spherical covariance, D_B being the Bhattacharyya distance. Features of more than 64
 * dimensions are reduced to 64 principal directions first, as the authors do.
 */
export const gbc: TransferScorer = {
  name: "gbc",
  needs: ["classes"],
  score: async (input, { gbc: options = {} }, signal) => {
    const classes = checkedClasses("gbc", input);
    const { covariance = "diagonal", dimensions = DIMENSIONS } = options;
    const rows = await reduced(input.embeddings, dimensions, signal);
    if (rows.columns === 0) throw undefinedScore(["features"], "do not vary, so that gbc is not defined");
    const gaussians = gaussiansOf(rows, classes);
    if (covariance === "spherical") makeSpherical(gaussians);
    return {
      score: -(await overlap(gaussians, createTurns(signal))),
      diagnostics: { classes: classes.count, dimensions: rows.columns, covariance },
    };
  },
};

const reduced = async (embeddings: Embeddings, dimensions: number, signal?: AbortSignal): Promise<Matrix> =>
  embeddings.d > dimensions
    ? (await principalComponents(embeddings, () => dimensions, signal)).rows
    : { data: Float64Array.from(embeddings.data), rows: embeddings.n, columns: embeddings.d };

interface Gaussians {
  /** `[C, r]` */
  readonly means: Float64Array;
  readonly variances: Float64Array;
  readonly r: number;
  readonly count: number;
}

const gaussiansOf = ({ data, rows: n, columns: r }: Matrix, classes: Classes): Gaussians => {
  const means = new Float64Array(classes.count * r);
  const variances = new Float64Array(classes.count * r);
  const eachOf = (add: (at: number, value: number, size: number) => void): void => {
    for (let i = 0; i < n; i++) {
      const k = classes.ids[i] ?? 0;
      for (let j = 0; j < r; j++) add(k * r + j, data[i * r + j] ?? 0, classes.sizes[k] ?? 1);
    }
  };
  eachOf((at, value, size) => (means[at] = (means[at] ?? 0) + value / size));
  eachOf((at, value, size) => {
    variances[at] = (variances[at] ?? 0) + (value - (means[at] ?? 0)) ** 2 / size;
  });
  variances.forEach((value, at) => (variances[at] = Math.max(LEAST_VARIANCE, value)));
  return { means, variances, r, count: classes.count };
};

const makeSpherical = ({ variances, r }: Gaussians): void => {
  for (let start = 0; start < variances.length; start += r) {
    const own = variances.subarray(start, start + r);
    own.fill(own.reduce((sum, value) => sum + value, 0) / r);
  }
};

/** Bhattacharyya coefficients of all ordered pairs, added up. */
const overlap = async (
  { means, variances, r, count }: Gaussians,
  rest: () => Promise<void>,
): Promise<number> => {
  const logarithms = variances.map(Math.log);
  let sum = 0;
  for (let first = 0; first < count; first++) {
    await rest();
    for (let second = 0; second < first; second++) {
      let distance = 0;
      for (let j = 0; j < r; j++) {
        const [a, b] = [first * r + j, second * r + j];
        const mean = ((variances[a] ?? 1) + (variances[b] ?? 1)) / 2;
        distance += ((means[a] ?? 0) - (means[b] ?? 0)) ** 2 / mean / 8;
        distance += (Math.log(mean) - ((logarithms[a] ?? 0) + (logarithms[b] ?? 0)) / 2) / 2;
      }
      sum += 2 * Math.exp(-distance);
    }
  }
  return sum;
};
