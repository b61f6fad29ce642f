import { transferScorerOf, type Numbers, type ScoreInput, type TransferMethod } from "./emms/index.ts";
import { createRandom } from "../../math/random.ts";

/** Fewer tell nothing of an interval. */
export const FEWEST_HALVES = 10;
/** Multiplications that all candidates' halves may take by one method: some minutes on two cores. */
const ALLOWED = 5e11;
/** Steps of the logistic regressions of a linear probe, over all folds. */
const PROBE_STEPS = 500;
/** Steps of the mixture that NLEEP fits. */
const MIXTURE_STEPS = 100;
const PER_MULTIPLICATION: Partial<Record<TransferMethod, number>> = { logme: 4, "logme-f": 4, sfda: 8 };

/** What a method's time goes by. */
export interface Size {
  readonly n: number;
  readonly classes: number;
  /** Of all label embeddings together. */
  readonly labelColumns: number;
  /** The dimensions of the candidates. */
  readonly dimensions: readonly number[];
}

/**
 * How many halves of the samples are scored by a method: as many as asked for, or as an allowance of work that is the
 * same on every machine suffices for; none where that is fewer than ten.
 */
export const halvesFor = (method: TransferMethod, asked: number, size: Size): number => {
  const work = size.dimensions.reduce((sum, d) => sum + workOf(method, Math.floor(size.n / 2), d, size), 0);
  const count = Math.min(asked, Math.floor(ALLOWED / Math.max(1, work)));
  return count < FEWEST_HALVES ? 0 : count;
};

/** A regression over 100 anchors: the products of their vectors of d values, and the solution. */
const regressionWork = (d: number): number => 100 * 100 * (d + 50);
/** Regressions of a row that is held out, and of the reference captions of each of five parts. */
const regressionsFor = (n: number): number => n + 5 * Math.min(512, n / 2);

const workOf = (method: TransferMethod, n: number, d: number, { classes, labelColumns }: Size): number => {
  const square = n * Math.min(n, d) * d;
  if (method === "local" || method === "asif+local") return regressionsFor(n) * regressionWork(d);
  if (method === "knn" || method === "parc") return n * n * d;
  if (method === "linear-probe") return PROBE_STEPS * 2 * n * d * classes;
  if (method === "nleep") return square + MIXTURE_STEPS * 5 * classes * n * d;
  const targets = transferScorerOf(method).needs.includes("fLabels") ? labelColumns : classes;
  return (PER_MULTIPLICATION[method] ?? 1) * square + n * d * targets;
};

/**
 * A random half of the rows of `n`, without repetition and ascending. A row that is drawn twice, as for a bootstrap,
 * would be its own nearest neighbour; a mean over halves has the variance that it has over bootstrap samples (Politis
 * and Romano, "Large sample confidence regions based on subsamples under minimal assumptions", 1994).
 *
 * @param index tells the halves of a seed apart
 */
export const half = (n: number, seed: number, index: number): Int32Array => {
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  createRandom(createRandom(seed).integer(2 ** 31) + index).shuffleInPlace(rows);
  return rows.slice(0, Math.floor(n / 2)).sort();
};

/** Some rows of an input; classes that have none of them are left out. */
export const rowsOf = ({ embeddings, classes, fLabels }: ScoreInput, rows: Int32Array): ScoreInput => {
  const { data, d } = embeddings;
  return {
    embeddings: { data: taken({ data, rows: embeddings.n, columns: d }, rows).data, n: rows.length, d },
    ...(classes === undefined ? {} : { classes: renumbered(rows.map((row) => classes[row] ?? 0)) }),
    ...(fLabels === undefined ? {} : { fLabels: fLabels.map((label) => taken(label, rows)) }),
  };
};

const taken = ({ data, columns }: Numbers, rows: Int32Array): Numbers => {
  const some =
    data instanceof Float32Array
      ? new Float32Array(rows.length * columns)
      : new Float64Array(rows.length * columns);
  rows.forEach((row, i) => some.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
  return { data: some, rows: rows.length, columns };
};

const renumbered = (ids: Int32Array): Int32Array => {
  const known = new Map<number, number>();
  return ids.map((id) => {
    const place = known.get(id) ?? known.size;
    known.set(id, place);
    return place;
  });
};
