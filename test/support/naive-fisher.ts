import { EigenvalueDecomposition, LuDecomposition, Matrix, inverse } from "ml-matrix";
import type { Rows } from "./naive-emms.ts";

/** Scores of features and classes as they are written down, by whole matrices. */

const matrixOf = (rows: Rows): Matrix => new Matrix(rows.map((row) => [...row]));

const centred = (matrix: Matrix): Matrix => matrix.clone().subRowVector(matrix.mean("column"));

const covariance = (matrix: Matrix): Matrix => {
  const rows = centred(matrix);
  return rows.transpose().mmul(rows).div(matrix.rows);
};

const membersOf = (classes: readonly number[]): number[][] =>
  [...new Set(classes)]
    .sort((a, b) => a - b)
    .map((id) => classes.flatMap((each, i) => (each === id ? [i] : [])));

const part = (matrix: Matrix, rows: readonly number[]): Matrix =>
  new Matrix(rows.map((i) => matrix.getRow(i)));

const softmax = (values: readonly number[]): number[] => {
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((all, value) => all + value, 0);
  return powers.map((value) => value / sum);
};

/** Ledoit and Wolf's shrinkage by its definition: the mean squared distance of a row's own covariance from all rows'. */
export const naiveShrinkage = (features: Rows): number => {
  const x = centred(matrixOf(features));
  const [n, d] = [x.rows, x.columns];
  const sample = covariance(x);
  const distance = (a: Matrix, b: Matrix): number => Matrix.sub(a, b).norm() ** 2;
  const target = Matrix.eye(d).mul(sample.trace() / d);
  let error = 0;
  for (let i = 0; i < n; i++) {
    const row = x.getRowVector(i);
    error += distance(row.transpose().mmul(row), sample) / (n * n);
  }
  const far = distance(sample, target);
  return d === 1 || far === 0 ? 0 : Math.min(error, far) / far;
};

export const naiveRegularizedHscore = (features: Rows, classes: readonly number[]): number => {
  const x = matrixOf(features);
  const shrinkage = naiveShrinkage(features);
  const sample = covariance(x);
  const shrunk = sample
    .clone()
    .mul(1 - shrinkage)
    .add(Matrix.eye(x.columns).mul((shrinkage * sample.trace()) / x.columns));
  const means = x.clone();
  for (const own of membersOf(classes)) {
    const mean = part(x, own).mean("column");
    for (const i of own) means.setRow(i, mean);
  }
  return inverse(shrunk)
    .mmul(covariance(means))
    .mul(1 - shrinkage)
    .trace();
};

/** @param weighting how classes count in the rate given the classes */
export const naiveTransrate = (
  features: Rows,
  classes: readonly number[],
  weighting: "by-rows" | "equal",
): number => {
  const z = centred(matrixOf(features));
  const rate = (rows: Matrix): number => {
    const matrix = rows
      .transpose()
      .mmul(rows)
      .div(rows.rows * 1e-4)
      .add(Matrix.eye(rows.columns));
    return (
      new LuDecomposition(matrix).upperTriangularMatrix
        .diagonal()
        .reduce((sum, value) => sum + Math.log(Math.abs(value)), 0) / 2
    );
  };
  const members = membersOf(classes);
  const within = members.map((own) => {
    const share = weighting === "equal" ? 1 / members.length : own.length / classes.length;
    return share * rate(part(z, own));
  });
  return rate(z) - within.reduce((sum, value) => sum + value, 0);
};

/** As the authors' code goes: by all eigenvectors of the Fisher problem, on features that nobody has centred. */
export const naiveSfda = (features: Rows, classes: readonly number[]): number => {
  const members = membersOf(classes);
  const id = classes.map((each) => members.findIndex((own) => classes[own[0] ?? 0] === each));

  const fit = (x: Matrix, given?: number) => {
    const d = x.columns;
    const means = new Matrix(members.map((own) => part(x, own).mean("column")));
    const priors = members.map((own) => own.length / x.rows);
    const within = Matrix.zeros(d, d);
    members.forEach((own, c) => within.add(covariance(part(x, own)).mul(priors[c] ?? 0)));
    const unit = (vector: Matrix): Matrix => Matrix.div(vector, vector.norm());
    let left: Matrix = Matrix.columnVector(within.sum("row"));
    let right: Matrix = left;
    for (let i = 0; i < 3; i++) {
      right = unit(within.mmul(left));
      left = unit(within.mmul(right));
    }
    const greatest = left.transpose().mmul(within).mmul(right).get(0, 0);
    const shrinkage = given ?? Math.max(Math.exp(-5 * greatest), 1e-10);
    const shrink = (matrix: Matrix): Matrix =>
      matrix
        .clone()
        .mul(1 - shrinkage)
        .add(Matrix.eye(d).mul((shrinkage * matrix.trace()) / d));
    const inner = shrink(within);
    const between = shrink(covariance(x)).sub(inner);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(inner, {
      assumeSymmetric: true,
    });
    const root = eigenvectorMatrix
      .mmul(Matrix.diag(realEigenvalues.map((value) => 1 / Math.sqrt(value))))
      .mmul(eigenvectorMatrix.transpose());
    const turned = new EigenvalueDecomposition(root.mmul(between).mmul(root), { assumeSymmetric: true });
    const directions = root.mmul(turned.eigenvectorMatrix);
    const coefficients = means.mmul(directions).mmul(directions.transpose());
    const scores = x.mmul(coefficients.transpose()).to2DArray();
    const probabilities = scores.map((row) =>
      softmax(
        row.map(
          (score, c) =>
            score -
            means.getRowVector(c).mmul(coefficients.getRowVector(c).transpose()).get(0, 0) / 2 +
            Math.log(priors[c] ?? 0),
        ),
      ),
    );
    return { means, probabilities, shrinkage };
  };

  const x = matrixOf(features);
  const first = fit(x);
  const moved = x.clone();
  id.forEach((c, i) => {
    const sure = softmax(first.probabilities[i] ?? [])[c] ?? 0;
    const others = first.means
      .to2DArray()
      .filter((_, other) => other !== c)
      .reduce((sum, mean) => sum.map((value, j) => value + (mean[j] ?? 0)), Array<number>(x.columns).fill(0));
    moved.setRow(
      i,
      x.getRow(i).map((value, j) => sure * value + ((1 - sure) * (others[j] ?? 0)) / (members.length - 1)),
    );
  });
  const second = fit(moved, first.shrinkage);
  return id.reduce((sum, c, i) => sum + (second.probabilities[i]?.[c] ?? 0), 0) / id.length;
};
