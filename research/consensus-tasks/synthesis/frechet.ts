import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/**
 * The Fréchet distance of two sets of vectors as normal distributions (Heusel et al., arXiv 1706.08500):
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). Covariances have n in the denominator.
 */
export const frechetDistance = (
  one: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): number => {
  const [a, b] = [momentsOf(one), momentsOf(other)];
  const between = a.mean.reduce((sum, value, j) => sum + (value - (b.mean[j] ?? 0)) ** 2, 0);
  // C1 C2 has the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric.
  const root = squareRoot(a.covariance);
  const product = root.mmul(b.covariance).mmul(root);
  const eigenvalues = new EigenvalueDecomposition(product, { assumeSymmetric: true }).realEigenvalues;
  const shared = eigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return between + a.covariance.trace() + b.covariance.trace() - 2 * shared;
};

const momentsOf = (
  vectors: readonly (readonly number[])[],
): { readonly mean: readonly number[]; readonly covariance: Matrix } => {
  const d = vectors[0]?.length ?? 0;
  const mean = Array.from(
    { length: d },
    (_, j) => vectors.reduce((sum, vector) => sum + (vector[j] ?? 0), 0) / vectors.length,
  );
  const centred = new Matrix(vectors.map((vector) => vector.map((value, j) => value - (mean[j] ?? 0))));
  return { mean, covariance: centred.transpose().mmul(centred).div(vectors.length) };
};

const squareRoot = (symmetric: Matrix): Matrix => {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return eigenvectorMatrix.mmul(roots).mmul(eigenvectorMatrix.transpose());
};
