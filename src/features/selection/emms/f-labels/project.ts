import { multiply, type Matrix } from "../../../../math/linear-algebra/index.ts";
import { createRandom } from "../../../../math/random.ts";
import { createTurns } from "../../../../math/slices.ts";
import { embeddingsOf, float64Of } from "../columns.ts";
import { principalComponents } from "../principal-components.ts";
import type { Numbers } from "../types.ts";

/**
 * How label embeddings are brought to a common width: `random` by a random orthonormal projection, the same for the
 * same seed and place among the K; `pca` on their own principal directions, the greatest variance first, filled up
 * with zeros where there are fewer.
 */
export type ProjectionKind = "random" | "pca";

export interface Projection {
  readonly by: ProjectionKind;
  /** The common width. */
  readonly dimension: number;
  readonly seed: number;
}

/**
 * Brings K matrices `[n, d_k]` to `[n, dimension]`. One that has that width stays as it is where it is projected at
 * random; standardising is left to the scores.
 *
 * @param dimension at most each d_k
 */
export const projectLabels = async (
  matrices: readonly Numbers[],
  { by, dimension, seed }: Projection,
  signal?: AbortSignal,
): Promise<Numbers[]> => {
  const rest = createTurns(signal);
  const projected: Numbers[] = [];
  for (const [k, matrix] of matrices.entries()) {
    if (by === "pca") projected.push(await onPrincipal(matrix, dimension, signal));
    else if (matrix.columns === dimension) projected.push(matrix);
    else
      projected.push(
        await multiply(
          float64Of(matrix),
          await randomDirections(matrix.columns, dimension, seed + k, rest),
          "right",
        ),
      );
  }
  return projected;
};

const onPrincipal = async (matrix: Numbers, dimension: number, signal?: AbortSignal): Promise<Numbers> => {
  const { rows } = await principalComponents(embeddingsOf(matrix), () => dimension, signal);
  const data = new Float64Array(matrix.rows * dimension);
  for (let i = 0; i < matrix.rows; i++)
    data.set(rows.data.subarray(i * rows.columns, (i + 1) * rows.columns), i * dimension);
  return { data, rows: matrix.rows, columns: dimension };
};

/**
 * `[count, width]`, rows orthonormal and every direction as likely: normal numbers, made orthogonal by Gram and Schmidt,
 * twice, for once leaves what rounding adds.
 */
const randomDirections = async (
  width: number,
  count: number,
  seed: number,
  rest: () => Promise<void>,
): Promise<Matrix> => {
  const random = createRandom(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const data = Float64Array.from({ length: count * width }, normal);
  for (let i = 0; i < count; i++) {
    await rest();
    const row = data.subarray(i * width, (i + 1) * width);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) subtractPart(row, data.subarray(j * width, (j + 1) * width));
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, at) => (row[at] = value / norm));
  }
  return { data, rows: count, columns: width };
};

/** Takes the part of `row` along `direction`, which is of length 1, out of it. */
const subtractPart = (row: Float64Array, direction: Float64Array): void => {
  let along = 0;
  for (let at = 0; at < row.length; at++) along += (row[at] ?? 0) * (direction[at] ?? 0);
  for (let at = 0; at < row.length; at++) row[at] = (row[at] ?? 0) - along * (direction[at] ?? 0);
};
