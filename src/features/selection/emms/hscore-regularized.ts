import { dot } from "../../../math/dot.ts";
import { factor, gramOfRows, solveLower, type Matrix } from "../../../math/linear-algebra/index.ts";
import { classMeans, shrink, traceOf } from "./class-means.ts";
import { checkedClasses, requireCovariances } from "./classes.ts";
import { centre, columnsOf } from "./columns.ts";
import { hscore } from "./hscore.ts";
import type { TransferScorer } from "./types.ts";

/** Below it nothing is shrunk, and the pseudo-inverse takes the place of the inverse. */
const LEAST_SHRINKAGE = 1e-10;

/**
 * The regularised H-score (Ibrahim et al., "Newer is not always better", 2022, section 3): `tr(S^-1 (1 - a) cov(means))`
 * with S the population covariance shrunk by a towards its mean variance, as Ledoit and Wolf do ("A well-conditioned
 * estimator for large-dimensional covariance matrices", 2004).
 */
export const hscoreRegularized: TransferScorer = {
  name: "hscore-reg",
  needs: ["classes"],
  score: async (input, options, signal) => {
    const classes = checkedClasses("hscore-reg", input);
    requireCovariances("hscore-reg", input);
    const { n, d } = input.embeddings;
    const columns = centre(columnsOf(input.embeddings));
    const covariance = (await gramOfRows(columns)).map((value) => value / n);
    signal?.throwIfAborted();
    const shrinkage = shrinkageOf(columns, covariance);
    if (shrinkage < LEAST_SHRINKAGE) {
      const plain = await hscore.score(input, options, signal);
      return { score: plain.score, diagnostics: { classes: classes.count, shrinkage: 0 } };
    }
    const lower = await factor(shrink(covariance, d, shrinkage), d);
    signal?.throwIfAborted();
    const means = classMeans(columns, classes);
    const weighted = means.data.map((value, at) => {
      const size = classes.sizes[at % classes.count] ?? 0;
      return value * Math.sqrt(((1 - shrinkage) * size) / n);
    });
    const { data } = await solveLower(lower, { ...means, data: weighted });
    return { score: dot(data, data), diagnostics: { classes: classes.count, shrinkage } };
  },
};

/**
 * Ledoit and Wolf's share of the mean variance, in [0, 1]; 0 where all directions vary the same, or none does.
 *
 * @param columns `[d, n]`, centred
 */
const shrinkageOf = ({ data, rows: d, columns: n }: Matrix, covariance: Float64Array): number => {
  const squares = new Float64Array(n);
  for (let j = 0; j < d; j++)
    for (let i = 0; i < n; i++) squares[i] = (squares[i] ?? 0) + (data[j * n + i] ?? 0) ** 2;
  const own = dot(covariance, covariance);
  const mean = traceOf(covariance, d) / d;
  const distance = own - d * mean * mean;
  const error = (dot(squares, squares) / n - own) / n;
  return distance <= 0 ? 0 : Math.min(1, Math.max(0, error / distance));
};
