import { multiply, transpose, type Matrix } from "../../../math/linear-algebra/index.ts";
import { createRandom } from "../../../math/random.ts";
import { createTurns } from "../../../math/slices.ts";
import { checkedClasses, undefinedScore } from "./classes.ts";
import { centre, columnsOf, embeddingsOf, normalize, standardize } from "./columns.ts";
import { spearman } from "../rank-correlation/index.ts";
import type { Embeddings, TransferScorer, ScoreInput } from "./types.ts";

/** Pairs of so many rows take about two seconds to sort. */
const SAMPLES = 2_000;
/** Dissimilarities are rounded to steps of this size: smaller differences are rounding and would break ties at random. */
const STEP = 1e-12;

/**
 * PARC (Bolya, Mittapalli and Hoffman, "Scalable diverse model selection for accessible transfer learning", NeurIPS 2021):
 * Spearman's correlation, times 100, of the dissimilarities (1 - Pearson's correlation) of all pairs of rows by their
 * features and by their labels, which are one-hot classes or F-labels. Feature columns are standardised first, as the
 * authors' code does; with `standardize: false` they stay as they are, as the definition has it. A row whose values are all
 * the same has the correlation 0 with every other.
 */
export const parc: TransferScorer = {
  name: "parc",
  needs: [],
  score: async (input, { parc: options = {} }, signal) => {
    const { samples = SAMPLES, seed = 0, standardize: standardized = true } = options;
    const labels = options.labels ?? (input.classes === undefined ? "f-labels" : "classes");
    const { n } = input.embeddings;
    const rest = createTurns(signal);
    const chosen = chooseRows(n, samples, seed);
    const ofLabels =
      labels === "classes" ? classDissimilarities(input, chosen) : await labelDissimilarities(input, chosen);
    await rest();
    const embeddings = standardized ? standardizedColumns(input.embeddings) : input.embeddings;
    const ofEmbeddings = await dissimilarities(embeddings, chosen);
    await rest();
    const correlation = spearman(ofEmbeddings, ofLabels);
    if (correlation === null) {
      const field = ofLabels.every((value) => value === ofLabels[0]) ? labels : "features";
      throw undefinedScore(
        [field === "f-labels" ? "fLabels" : field],
        "all pairs of rows are as different, so that parc is not defined",
      );
    }
    return { score: 100 * correlation, diagnostics: { samples: chosen.length, labels } };
  },
};

/** Indices of the rows that are compared, ascending. */
const chooseRows = (n: number, samples: number, seed: number): Int32Array => {
  const all = Int32Array.from({ length: n }, (_, i) => i);
  if (n <= samples) return all;
  createRandom(seed).shuffleInPlace(all);
  return all.slice(0, samples).sort();
};

/** One-hot classes are as different as can be, or not at all; only the order counts. */
const classDissimilarities = (input: ScoreInput, chosen: Int32Array): Float64Array => {
  const { ids } = checkedClasses("parc", input);
  return forPairs(chosen.length, (i, j) => (ids[chosen[i] ?? 0] === ids[chosen[j] ?? 0] ? 0 : 1));
};

const labelDissimilarities = (input: ScoreInput, chosen: Int32Array): Promise<Float64Array> => {
  const [first] = input.fLabels ?? [];
  if (first === undefined) throw undefinedScore(["fLabels"], "parc needs the class of each row, or F-labels");
  return dissimilarities(embeddingsOf(first), chosen);
};

const standardizedColumns = (embeddings: Embeddings): Embeddings => ({
  ...embeddings,
  data: transpose(standardize(columnsOf(embeddings), 0)).data,
});

const dissimilarities = async ({ data, d }: Embeddings, chosen: Int32Array): Promise<Float64Array> => {
  const own = new Float64Array(chosen.length * d);
  chosen.forEach((row, i) => own.set(data.subarray(row * d, (row + 1) * d), i * d));
  const rows: Matrix = normalize(centre({ data: own, rows: chosen.length, columns: d }));
  const correlations = await multiply(rows, rows, "right");
  return forPairs(
    chosen.length,
    (i, j) => Math.round((1 - (correlations.data[i * chosen.length + j] ?? 0)) / STEP) * STEP,
  );
};

/** The lower triangle, row by row. */
const forPairs = (count: number, value: (i: number, j: number) => number): Float64Array => {
  const pairs = new Float64Array((count * (count - 1)) / 2);
  let at = 0;
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) pairs[at++] = value(i, j);
  return pairs;
};
