import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";

/** Linear maps as they are defined, slowly: symmetric roots by eigen-decomposition, whole singular value decompositions. */
export interface NaiveMaps {
  readonly image: (row: ArrayLike<number>) => number[];
  readonly text: (row: ArrayLike<number>) => number[];
  readonly score: (image: ArrayLike<number>, text: ArrayLike<number>) => number;
  /** Singular values, descending. */
  readonly values: readonly number[];
}

type Rows = readonly (readonly number[])[];

const unit = (row: ArrayLike<number>): number[] => {
  const norm = Math.hypot(...Array.from(row));
  return Array.from(row, (value) => (norm === 0 ? 0 : value / norm));
};
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(unit(a), unit(b));

const prepare = (rows: Rows) => {
  const normalized = new Matrix(rows.map(unit));
  const mean = normalized.mean("column");
  return {
    mean,
    centered: normalized.clone().subRowVector(mean),
    center: (row: ArrayLike<number>) => unit(row).map((value, i) => value - (mean[i] ?? 0)),
  };
};

const covariance = (a: Matrix, b: Matrix): Matrix => a.transpose().mmul(b).div(a.rows);

const withRidge = (matrix: Matrix, ridge: number): Matrix =>
  matrix.clone().add(Matrix.eye(matrix.rows).mul((ridge * matrix.trace()) / matrix.rows));

const inverseRoot = (matrix: Matrix): Matrix => {
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => 1 / Math.sqrt(value)));
  return vectors.mmul(roots).mmul(vectors.transpose());
};

const apply = (map: Matrix, row: readonly number[]): number[] =>
  map.mmul(Matrix.columnVector([...row])).to1DArray();

/** The method page's formula with U^T where the published code has U; `transposed: false` is that code's. */
export const naiveCsa = (
  images: Rows,
  texts: Rows,
  ridge: number,
  rank: number,
  transposed = true,
): NaiveMaps => {
  const [x, y] = [prepare(images), prepare(texts)];
  const w1 = inverseRoot(withRidge(covariance(x.centered, x.centered), ridge));
  const w2 = inverseRoot(withRidge(covariance(y.centered, y.centered), ridge));
  const svd = new SingularValueDecomposition(w1.mmul(covariance(x.centered, y.centered)).mmul(w2), {
    autoTranspose: true,
  });
  const [u, v] = [svd.leftSingularVectors, svd.rightSingularVectors];
  const left = (transposed ? u.transpose() : u).mmul(w1);
  const right = (transposed ? v.transpose() : v).mmul(w2);
  const values = svd.diagonal;
  const image = (row: ArrayLike<number>) => apply(left, x.center(row)).slice(0, rank);
  const text = (row: ArrayLike<number>) => apply(right, y.center(row)).slice(0, rank);
  return {
    image,
    text,
    values,
    score: (a, b) => {
      const [p, q] = [unit(image(a)), unit(text(b))];
      return p.reduce((sum, value, i) => sum + (values[i] ?? 0) * value * (q[i] ?? 0), 0);
    },
  };
};

export const naiveOrthogonal = (images: Rows, texts: Rows): NaiveMaps => {
  const [x, y] = [prepare(images), prepare(texts)];
  const svd = new SingularValueDecomposition(covariance(x.centered, y.centered), { autoTranspose: true });
  const kept = svd.diagonal.filter((value) => value > 1e-6 * (svd.diagonal[0] ?? 0)).length;
  const part = (matrix: Matrix): Matrix => matrix.subMatrix(0, matrix.rows - 1, 0, kept - 1).transpose();
  const [left, right] = [part(svd.leftSingularVectors), part(svd.rightSingularVectors)];
  const image = (row: ArrayLike<number>) => apply(left, unit(x.center(row)));
  const text = (row: ArrayLike<number>) => apply(right, unit(y.center(row)));
  return { image, text, values: svd.diagonal, score: (a, b) => dot(image(a), text(b)) };
};

export const naiveRidge = (images: Rows, texts: Rows, ridge: number): NaiveMaps => {
  const [x, y] = [prepare(images), prepare(texts)];
  const inverse = new EigenvalueDecomposition(withRidge(covariance(x.centered, x.centered), ridge), {
    assumeSymmetric: true,
  });
  const vectors = inverse.eigenvectorMatrix;
  const map = vectors
    .mmul(Matrix.diag(inverse.realEigenvalues.map((value) => 1 / value)))
    .mmul(vectors.transpose())
    .mmul(covariance(x.centered, y.centered))
    .transpose();
  const image = (row: ArrayLike<number>) => apply(map, x.center(row));
  return { image, text: y.center, values: [], score: (a, b) => cosine(image(a), y.center(b)) };
};
