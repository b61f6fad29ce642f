import { multiplyByTransposed, type Aligned } from "../retrieval/index.ts";

/** Inner products that are taken at once: some milliseconds, in which no request is answered. */
const SLICE = 50_000_000;
/** The norm of a mean of unit rows that cancel each other is rounding. */
const VANISHED = 1e-6;

/**
 * What images score with texts in the space of a fit: the inner product of what it shows, each direction weighted. For
 * canonical directions that is the weighted cosine of Li, Chinchali and Topcu (arXiv 2410.07610, equation 6).
 *
 * @param images `[n, d]` row-major
 * @param texts `[m, d']` row-major
 * @param sizes absent: each text for itself; else groups of so many, each by the normalised mean of its texts
 * @returns `[n, m]`, or a column a group, in [-1, 1]; 0 where there was too little to fit
 */
export const linearScores = async (
  aligned: Aligned,
  images: { readonly vectors: Float32Array; readonly count: number },
  texts: { readonly vectors: Float32Array; readonly count: number },
  wanted: number,
  sizes?: readonly number[],
): Promise<Float64Array> => {
  const columns = sizes?.length ?? texts.count;
  const scores = new Float64Array(images.count * columns);
  const rank = aligned.rank(wanted);
  if (rank === 0) return scores;
  const left = await aligned.show("image", images.vectors, wanted);
  const shown = await aligned.show("text", texts.vectors, wanted);
  const right = weighted(sizes === undefined ? shown : meanRows(shown, rank, sizes), rank, aligned.weights);
  const step = Math.max(1, Math.floor(SLICE / (columns * rank)));
  for (let first = 0; first < images.count; first += step) {
    const rows = Math.min(step, images.count - first);
    const product = await multiplyByTransposed(
      { data: left.subarray(first * rank, (first + rows) * rank), rows, columns: rank },
      { data: right, rows: columns, columns: rank },
    );
    scores.set(product, first * columns);
  }
  return scores;
};

const weighted = (rows: Float32Array, rank: number, weights: Float32Array | null): Float32Array =>
  weights === null ? rows : rows.map((value, at) => value * (weights[at % rank] ?? 0));

const meanRows = (rows: Float32Array, rank: number, sizes: readonly number[]): Float32Array => {
  const means = new Float32Array(sizes.length * rank);
  let first = 0;
  sizes.forEach((size, group) => {
    const mean = means.subarray(group * rank, (group + 1) * rank);
    for (let row = first; row < first + size; row++)
      for (let i = 0; i < rank; i++) mean[i] = (mean[i] ?? 0) + (rows[row * rank + i] ?? 0) / size;
    first += size;
    const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < rank; i++) mean[i] = norm > VANISHED ? (mean[i] ?? 0) / norm : 0;
  });
  return means;
};
