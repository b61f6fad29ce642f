import { EigenvalueDecomposition, LuDecomposition, Matrix } from "ml-matrix";
import type { Rows } from "./naive-emms.ts";

/**
 * The logarithm of the density of `y` under a Gaussian of mean 0 and covariance `X X^T / alpha + 1 / beta`, per row: the
 * evidence as it is defined, by the whole covariance matrix.
 */
export const naiveEvidence = (features: Rows, y: readonly number[], alpha: number, beta: number): number => {
  const x = new Matrix(features.map((row) => [...row]));
  const covariance = x.mmul(x.transpose()).div(alpha).add(Matrix.eye(y.length).div(beta));
  const factors = new LuDecomposition(covariance);
  const logs = factors.upperTriangularMatrix
    .diagonal()
    .reduce((sum, value) => sum + Math.log(Math.abs(value)), 0);
  const target = Matrix.columnVector([...y]);
  const distance = target.transpose().mmul(factors.solve(target)).get(0, 0);
  return -(logs + distance + y.length * Math.log(2 * Math.PI)) / 2 / y.length;
};

/** The same in the eigenvectors of `X X^T`, for many alpha and beta. */
export const naiveEvidences = (
  features: Rows,
  y: readonly number[],
): ((alpha: number, beta: number) => number) => {
  const x = new Matrix(features.map((row) => [...row]));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(x.mmul(x.transpose()), {
    assumeSymmetric: true,
  });
  const parts = eigenvectorMatrix
    .transpose()
    .mmul(Matrix.columnVector([...y]))
    .to1DArray();
  return (alpha, beta) =>
    -realEigenvalues.reduce((sum, value, i) => {
      const variance = Math.max(0, value) / alpha + 1 / beta;
      return sum + Math.log(2 * Math.PI * variance) + (parts[i] ?? 0) ** 2 / variance;
    }, 0) /
    2 /
    y.length;
};

/** The greatest value of a function that rises, then falls. */
const peak = (of: (at: number) => number, [from, to]: readonly [number, number]): number => {
  let [low, high] = [from, to];
  for (let i = 0; i < 120; i++) {
    const third = (high - low) / 3;
    if (of(low + third) < of(high - third)) low += third;
    else high -= third;
  }
  return of((low + high) / 2);
};

/** The greatest evidence by trial: of every ratio alpha / beta on a fine grid the best beta, and the best between them. */
export const naiveLogme = (features: Rows, y: readonly number[]): number => {
  const evidence = naiveEvidences(features, y);
  const ofRatio = (ratio: number): number =>
    peak((beta) => evidence(10 ** (ratio + beta), 10 ** beta), [-12, 16]);
  const grid = Array.from({ length: 221 }, (_, i) => -11 + i / 10);
  const best = grid.reduce((a, b) => (ofRatio(a) < ofRatio(b) ? b : a));
  return Math.max(ofRatio(best), peak(ofRatio, [best - 0.1, best + 0.1]));
};
