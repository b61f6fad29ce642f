import { checkedClasses, type Classes } from "./classes.ts";
import { spanOf } from "./span.ts";
import type { TransferScorer } from "./types.ts";

/**
 * H-score (Bao et al., "An information-theoretic approach to transferability", 2019): `tr(pinv(cov(X)) cov(means))`,
 * population covariances, where each row has its class's mean. That is the part of the normalised class indicators
 * that lies in the space of the centred columns: between 0 and C - 1.
 */
export const hscore: TransferScorer = {
  name: "hscore",
  needs: ["classes"],
  score: async (input, _options, signal) => {
    const classes = checkedClasses("hscore", input);
    const span = await spanOf(input.embeddings);
    signal?.throwIfAborted();
    const [energy = 0] = await span.energies([indicators(classes)]);
    return { score: energy, diagnostics: { rank: span.rank, classes: classes.count } };
  },
};

/** `[n, C]`: a column for each class, of length 1. */
const indicators = ({ ids, count, sizes }: Classes) => {
  const data = new Float64Array(ids.length * count);
  ids.forEach((id, i) => (data[i * count + id] = 1 / Math.sqrt(sizes[id] ?? 1)));
  return { data, rows: ids.length, columns: count };
};
