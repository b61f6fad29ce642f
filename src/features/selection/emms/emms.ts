import { dot } from "../../../math/dot.ts";
import type { Matrix } from "../../../math/linear-algebra/index.ts";
import { alternate, optimalWeights } from "./alternate.ts";
import { undefinedScore } from "./classes.ts";
import { spanOf } from "./span.ts";
import { standardizedRows } from "./standardized-rows.ts";
import type { TransferScorer } from "./types.ts";

/**
 * EMMS (Meng et al., "Foundation model is efficient multimodal multitask model selector", arXiv 2308.06262): minus the
 * mean squared residual of the best linear map from the features to the best mixture of K label embeddings. Every
 * column of the features and the embeddings is standardised first; a constant column counts as zeros. `rounds: 1` is what
 * the authors' code computes; more rounds, and `"optimal"`, minimise the same objective further.
 */
export const emms: TransferScorer = {
  name: "emms",
  needs: ["fLabels"],
  score: async ({ embeddings, fLabels = [] }, { emms: { rounds = 1 } = {} }, signal) => {
    const first = fLabels[0];
    if (first === undefined) throw undefinedScore(["fLabels"], "emms needs label embeddings");
    const labels = fLabels.map(standardizedRows);
    const all = productsOf(labels);
    if (all.every((value) => value === 0))
      throw undefinedScore(
        ["fLabels"],
        "no column of any label embedding varies, so there is nothing to fit",
      );
    signal?.throwIfAborted();
    const span = await spanOf(embeddings);
    signal?.throwIfAborted();
    const explained = await span.energies(labels);
    const products = { size: labels.length, all, explained };
    const { weights, objectives, converged } =
      rounds === "optimal" ? await optimalWeights(products) : await alternate(products, rounds);
    const scale = embeddings.n * first.columns;
    const losses = objectives.map((objective) => objective / scale);
    return {
      score: 0 - (losses.at(-1) ?? 0),
      weights: [...weights],
      diagnostics: {
        rank: span.rank,
        rounds: rounds === "optimal" ? rounds : losses.length,
        converged,
        losses,
      },
    };
  },
};

const productsOf = (labels: readonly Matrix[]): Float64Array => {
  const size = labels.length;
  const products = new Float64Array(size * size);
  labels.forEach((a, k) =>
    labels.slice(0, k + 1).forEach((b, l) => {
      const product = dot(a.data, b.data);
      products[k * size + l] = product;
      products[l * size + k] = product;
    }),
  );
  return products;
};
