import { Matrix, SingularValueDecomposition } from "ml-matrix";

/** EMMS as it is written down, slowly: whole matrices, least squares by singular value decompositions. */

export type Rows = readonly (readonly number[])[];

export interface NaiveEmms {
  readonly score: number;
  readonly weights: readonly number[];
  /** The squared residual after each round. */
  readonly objectives: readonly number[];
}

export const naiveStandardized = (rows: Rows): Matrix => {
  const matrix = new Matrix(rows.map((row) => [...row]));
  for (let j = 0; j < matrix.columns; j++) {
    const column = matrix.getColumn(j);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const constant = column.every((value) => value === column[0]);
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    const deviation = Math.sqrt(variance) + 1e-8;
    matrix.setColumn(
      j,
      column.map((value) => (constant ? 0 : (value - mean) / deviation)),
    );
  }
  return matrix;
};

/** Of minimum norm; singular values below `floor` of the greatest are none. */
export const naivePseudoInverse = (matrix: Matrix, floor: number): Matrix => {
  const {
    diagonal,
    leftSingularVectors: u,
    rightSingularVectors: v,
  } = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const least = floor * Math.max(...diagonal);
  const inverted = Matrix.diag(diagonal.map((value) => (value > least ? 1 / value : 0)));
  return v.mmul(inverted).mmul(u.transpose());
};

/** By bisection of the threshold at which what is above it adds up to 1. */
export const naiveSparsemax = (point: readonly number[]): number[] => {
  const above = (threshold: number): number[] => point.map((value) => Math.max(0, value - threshold));
  let [low, high] = [Math.min(...point) - 1, Math.max(...point)];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (above(middle).reduce((sum, value) => sum + value, 0) > 1) low = middle;
    else high = middle;
  }
  return above((low + high) / 2);
};

/** Rounds exactly as published, however the objective goes. */
export const naiveEmms = (features: Rows, labels: readonly Rows[], rounds: number): NaiveEmms => {
  const x = naiveStandardized(features);
  const z = labels.map(naiveStandardized);
  const inverse = naivePseudoInverse(x, 1e-6);
  const flat = new Matrix(z.map((each) => each.to1DArray())).transpose();
  const flatInverse = naivePseudoInverse(flat, 1e-7);
  let weights = z.map(() => 1 / z.length);
  const mixture = (): Matrix =>
    z.reduce(
      (sum, each, k) => sum.add(each.clone().mul(weights[k] ?? 0)),
      Matrix.zeros(x.rows, z[0]?.columns ?? 0),
    );
  const objectives: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const fitted = x.mmul(inverse.mmul(mixture()));
    const solution = flatInverse.mmul(Matrix.columnVector(fitted.to1DArray())).to1DArray();
    weights = naiveSparsemax(solution);
    objectives.push(fitted.sub(mixture()).norm() ** 2);
  }
  const size = x.rows * (z[0]?.columns ?? 1);
  return { score: -(objectives.at(-1) ?? 0) / size, weights, objectives };
};

/** `tr(pinv(cov(X)) cov(class means))`, population covariances. */
export const naiveHscore = (features: Rows, classes: readonly number[]): number => {
  const x = new Matrix(features.map((row) => [...row]));
  const means = x.clone();
  for (const id of new Set(classes)) {
    const own = classes.flatMap((each, i) => (each === id ? [i] : []));
    const mean = own
      .reduce((sum, i) => sum.add(x.getRowVector(i)), Matrix.zeros(1, x.columns))
      .div(own.length);
    for (const i of own) means.setRow(i, mean);
  }
  const covariance = (matrix: Matrix): Matrix => {
    const centred = matrix.clone().subRowVector(matrix.mean("column"));
    return centred.transpose().mmul(centred).div(matrix.rows);
  };
  const spread = covariance(x);
  return naivePseudoInverse(spread, 1e-11).mmul(covariance(means)).trace();
};
