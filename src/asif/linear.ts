import { multiplyByTransposed, type Aligned } from "../retrieval/index.ts";
import { meanUnitRows } from "./local/index.ts";

/** Number of inner products per step: a few milliseconds, during which no request is served. */
const SLICE = 50_000_000;
/** The mean of unit rows that cancel each other has a norm of rounding only. */
const VANISHED = 1e-6;

/**
 * Scores of images with texts in the space of an alignment: inner products of their projections, each direction
 * weighted. For canonical directions this is the weighted cosine of Li, Chinchali and Topcu (arXiv 2410.07610,
 * equation 6).
 *
 * @param images `[n, d]` row-major
 * @param texts `[m, d']` row-major
 * @param sizes number of texts in each group, which is scored by the normalised mean of its texts; default: each text
 * is scored by itself
 * @returns `[n, m]`, or one column for each group, in [-1, 1]; 0 if there was too little data to fit
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
  const rows = await aligned.show("text", texts.vectors, wanted);
  const right = weighted(
    sizes === undefined ? rows : meanUnitRows(rows, sizes, VANISHED),
    rank,
    aligned.weights,
  );
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
