import {
  eigenSymmetric,
  functionOfSymmetric,
  multiply,
  type Matrix,
} from "../../../src/math/linear-algebra/index.ts";
import { mean } from "../../../src/math/statistics.ts";

/**
 * The Fréchet distance of two sets of vectors as normal distributions (Heusel et al., arXiv 1706.08500):
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). Covariances have n in the denominator.
 */
export const frechetDistance = async (
  one: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): Promise<number> => {
  const [a, b] = [await momentsOf(one), await momentsOf(other)];
  const between = a.mean.reduce((sum, value, j) => sum + (value - (b.mean[j] ?? 0)) ** 2, 0);
  // C1 C2 has the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric.
  const d = a.mean.length;
  const root = { ...a.covariance, data: await functionOfSymmetric(a.covariance.data, d, rootOf) };
  const product = await multiply(await multiply(root, b.covariance), root);
  const { values } = await eigenSymmetric(product.data, d);
  const shared = values.reduce((sum, value) => sum + rootOf(value), 0);
  return between + trace(a.covariance) + trace(b.covariance) - 2 * shared;
};

const rootOf = (value: number): number => Math.sqrt(Math.max(0, value));

const trace = ({ data, rows }: Matrix): number =>
  data.reduce((sum, value, at) => sum + (at % (rows + 1) === 0 ? value : 0), 0);

const momentsOf = async (
  vectors: readonly (readonly number[])[],
): Promise<{ readonly mean: readonly number[]; readonly covariance: Matrix }> => {
  const d = vectors[0]?.length ?? 0;
  const centre = Array.from({ length: d }, (_, j) => mean(vectors.map((vector) => vector[j] ?? 0)));
  const data = Float64Array.from(
    vectors.flatMap((vector) => vector.map((value, j) => value - (centre[j] ?? 0))),
  );
  const centred = { data, rows: vectors.length, columns: d };
  const { data: sums } = await multiply(centred, centred, "left");
  return {
    mean: centre,
    covariance: { data: sums.map((value) => value / vectors.length), rows: d, columns: d },
  };
};
