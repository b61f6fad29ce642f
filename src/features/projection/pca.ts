import { orientDirection } from "../../math/linear-algebra/index.ts";
import { principalAxes } from "../../retrieval/index.ts";

/** A plane in the space of vectors. */
export interface Plane {
  readonly mean: Float64Array;
  /** Two orthonormal directions, `[2, d]`; zeros where the vectors vary in fewer. */
  readonly axes: Float64Array;
}

/**
 * The plane of the largest variance: the mean and the first two principal axes (Pearson, 1901). Each axis points to where
 * its component of largest size is positive, so that the same vectors give the same plane.
 *
 * @param rows `[n, d]` row-major
 */
export const principalPlane = async (rows: Float32Array, d: number): Promise<Plane> => {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  for (let row = 0; row < n; row++)
    for (let i = 0; i < d; i++) mean[i] = (mean[i] ?? 0) + (rows[row * d + i] ?? 0) / n;
  const axes = new Float64Array(2 * d);
  const rank = Math.min(2, d, n - 1);
  if (rank < 1) return { mean, axes };
  const { values, vectors } = await principalAxes(rows, mean, rank);
  values.forEach((_, i) => axes.set(orientDirection(vectors.slice(i * d, (i + 1) * d)), i * d));
  return { mean, axes };
};

/**
 * The coordinates of vectors in a plane.
 *
 * @param rows `[n, d]` row-major
 * @returns `[n, 2]`
 */
export const coordinatesIn = ({ mean, axes }: Plane, rows: Float32Array): Float32Array<ArrayBuffer> => {
  const d = mean.length;
  const n = rows.length / d;
  const coordinates = new Float32Array(n * 2);
  for (let row = 0; row < n; row++) {
    let [x, y] = [0, 0];
    for (let i = 0; i < d; i++) {
      const value = (rows[row * d + i] ?? 0) - (mean[i] ?? 0);
      x += value * (axes[i] ?? 0);
      y += value * (axes[d + i] ?? 0);
    }
    coordinates[2 * row] = x;
    coordinates[2 * row + 1] = y;
  }
  return coordinates;
};
