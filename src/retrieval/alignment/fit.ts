import { entryOf } from "../../errors.ts";
import type { AlignmentKind } from "../../types.ts";
import {
  eigenSymmetric,
  factor,
  multiply,
  orientDirection,
  solveLower,
  solveLowerTransposed,
  transpose,
  type Eigen,
  type Matrix,
} from "../../math/linear-algebra/index.ts";
import { momentsOf, type Gram, type Moments } from "./gram.ts";
import type { Alignment } from "./types.ts";

/** The default ridge, in units of a covariance's mean eigenvalue. */
export const RIDGE: Readonly<Record<AlignmentKind, number>> = { csa: 0.2, orthogonal: 0, ridge: 0.03 };
/** Directions whose singular value is below this share of the first are rounding. */
const FLOOR = 1e-6;

/**
 * Computes the alignment of a kind from a Gram matrix. The result depends only on the set of pairs, not on their
 * order.
 *
 * - `csa`: canonical similarity analysis (Li, Chinchali and Topcu, arXiv 2410.07610): ridge-regularised canonical
 * correlation analysis. With `C1`, `C2` the covariances of the sides, each with its ridge, and `C12` between them, `U
 * S V^T = svd(C1^-1/2 C12 C2^-1/2)`; an image becomes `U^T C1^-1/2 (x - mean)`, a text `V^T C2^-1/2 (y - mean)`, and
 * S are the weights. (The published code multiplies by U where U^T belongs.)
 * - `orthogonal`: the solution of Procrustes' problem, `C12 = U S V^T`, an image becomes `U^T (x - mean)`, a text
 * `V^T (y - mean)`.
 * - `ridge`: the linear regression of the texts on the images, `W = C1^-1 C12`, an image becomes `W^T (x - mean)`.
 *
 * @param ridge in units of a covariance's mean eigenvalue, above 0
 * @returns null if there is nothing to fit: fewer than two pairs, a side that does not vary, or sides that do not
 * vary together
 */
export const fitAlignment = async (
  gram: Gram,
  kind: AlignmentKind,
  ridge: number = RIDGE[kind],
): Promise<Alignment | null> => {
  if (gram.count < 2) return null;
  const moments = momentsOf(gram);
  if (meanEigenvalue(moments.images, gram.imageDimension) <= 0) return null;
  if (meanEigenvalue(moments.texts, gram.textDimension) <= 0) return null;
  if (moments.cross.every((value) => value === 0)) return null;
  return entryOf(FITS, kind, "alignment")(moments, ridge);
};

const fitCsa = async (moments: Moments, ridge: number): Promise<Alignment | null> => {
  const { large, small, swapped } = sidesOf(moments);
  const [d, m] = [large.mean.length, small.mean.length];
  const cross = swapped ? transposed(moments.cross, m, d) : moments.cross;
  const regression = await solve(withRidge(large.covariance, d, ridge), d, {
    data: cross.slice(),
    rows: d,
    columns: m,
  });
  const lower = await factor(withRidge(small.covariance, m, ridge), m);
  // With M = L1^-1 C12 L2^-T, which has the singular values of the symmetric form: M^T M = L2^-1 (C21 C1^-1 C12) L2^-T.
  const explained = await multiply({ data: cross, rows: d, columns: m }, regression, "left");
  const half = await solveLower(lower, explained);
  const whole = await solveLower(lower, { ...half, data: transposed(half.data, m, m) });
  const { values, vectors } = await leading(symmetric(whole.data, m), m, Math.min(m, moments.count - 1));
  const rank = values.length;
  if (rank === 0) return null;
  const back = await solveLowerTransposed(lower, {
    data: transposed(vectors, rank, m),
    rows: m,
    columns: rank,
  });
  const ofSmall = { data: transposed(back.data, m, rank), rows: rank, columns: m };
  // u = M v / s, so u^T L1^-1 = v^T L2^-1 C21 C1^-1 / s.
  const ofLarge = await multiply(ofSmall, regression, "right");
  scaleRows(ofLarge.data, d, (i) => 1 / Math.sqrt(values[i] ?? 1));
  const sides = swapped ? [ofSmall, ofLarge] : [ofLarge, ofSmall];
  return {
    kind: "csa",
    image: { mean: Float32Array.from(moments.imageMean), projection: float32(sides[0]) },
    text: { mean: Float32Array.from(moments.textMean), projection: float32(sides[1]) },
    weights: Float32Array.from(values, (value) => Math.min(1, Math.sqrt(value))),
  };
};

const fitOrthogonal = async (moments: Moments): Promise<Alignment | null> => {
  const { large, small, swapped } = sidesOf(moments);
  const [d, m] = [large.mean.length, small.mean.length];
  const cross = {
    data: swapped ? transposed(moments.cross, m, d) : moments.cross,
    rows: d,
    columns: m,
  };
  const squares = await multiply(cross, cross, "left");
  const { values, vectors } = await leading(symmetric(squares.data, m), m, Math.min(m, moments.count - 1));
  const rank = values.length;
  if (rank === 0) return null;
  const ofSmall = { data: vectors, rows: rank, columns: m };
  const ofLarge = await multiply(ofSmall, cross, "right");
  scaleRows(ofLarge.data, d, (i) => 1 / Math.sqrt(values[i] ?? 1));
  const sides = swapped ? [ofSmall, ofLarge] : [ofLarge, ofSmall];
  return {
    kind: "orthogonal",
    image: { mean: Float32Array.from(moments.imageMean), projection: float32(sides[0]) },
    text: { mean: Float32Array.from(moments.textMean), projection: float32(sides[1]) },
    weights: null,
  };
};

const fitRidge = async (moments: Moments, ridge: number): Promise<Alignment> => {
  const [d, m] = [moments.imageMean.length, moments.textMean.length];
  const map = await solve(withRidge(moments.images, d, ridge), d, {
    data: moments.cross,
    rows: d,
    columns: m,
  });
  return {
    kind: "ridge",
    image: {
      mean: Float32Array.from(moments.imageMean),
      projection: Float32Array.from(transposed(map.data, d, m)),
    },
    text: { mean: Float32Array.from(moments.textMean), projection: null },
    weights: null,
  };
};

const FITS: Readonly<Record<AlignmentKind, (moments: Moments, ridge: number) => Promise<Alignment | null>>> =
  { csa: fitCsa, orthogonal: fitOrthogonal, ridge: fitRidge };

/** Eigenvectors are computed for the smaller side, because the time grows with the cube of the size. */
const sidesOf = ({ imageMean, textMean, images, texts }: Moments) => {
  const image = { mean: imageMean, covariance: images };
  const text = { mean: textMean, covariance: texts };
  const swapped = imageMean.length < textMean.length;
  return swapped ? { large: text, small: image, swapped } : { large: image, small: text, swapped };
};

/** X with `matrix X = right`; both are overwritten. */
const solve = async (matrix: Float64Array, n: number, right: Matrix): Promise<Matrix> => {
  const lower = await factor(matrix, n);
  return solveLowerTransposed(lower, await solveLower(lower, right));
};

const meanEigenvalue = (covariance: Float64Array, d: number): number => {
  let trace = 0;
  for (let i = 0; i < d; i++) trace += covariance[i * d + i] ?? 0;
  return trace / d;
};

const withRidge = (covariance: Float64Array, d: number, ridge: number): Float64Array => {
  const added = ridge * meanEigenvalue(covariance, d);
  for (let i = 0; i < d; i++) covariance[i * d + i] = (covariance[i * d + i] ?? 0) + added;
  return covariance;
};

/** The largest eigenvalues of a symmetric matrix that exceed rounding, with their vectors as rows. */
const leading = async (matrix: Float64Array, size: number, limit: number): Promise<Eigen> => {
  const { values, vectors } = await eigenSymmetric(matrix, size);
  const floor = FLOOR * FLOOR * (values[0] ?? 0);
  const kept = values.subarray(0, limit).filter((value) => value > floor);
  for (let i = 0; i < kept.length; i++)
    vectors.set(orientDirection(vectors.subarray(i * size, (i + 1) * size)), i * size);
  return { values: kept, vectors: vectors.subarray(0, kept.length * size) };
};

const transposed = (data: Float64Array, rows: number, columns: number): Float64Array =>
  transpose({ data, rows, columns }).data;

/** The mean of a matrix and its transpose, which removes the asymmetry of rounding. */
const symmetric = (matrix: Float64Array, n: number): Float64Array =>
  matrix.map((value, at) => (value + (matrix[(at % n) * n + Math.floor(at / n)] ?? 0)) / 2);

const scaleRows = (rows: Float64Array, d: number, scale: (row: number) => number): void => {
  for (let start = 0, i = 0; start < rows.length; start += d, i++) {
    const by = scale(i);
    for (let j = 0; j < d; j++) rows[start + j] = (rows[start + j] ?? 0) * by;
  }
};

const float32 = (matrix: Matrix | undefined): Float32Array => Float32Array.from(matrix?.data ?? []);
