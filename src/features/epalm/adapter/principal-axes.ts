import { leadingEigenOf, multiply, type Matrix } from "../../../math/linear-algebra/index.ts";
import type { Random } from "../../../math/random.ts";

/** Enough for a slowly falling spectrum. */
const OVERSAMPLING = 16;
const ITERATIONS = 3;

/**
 * The principal axes of matrices that stand side by side.
 *
 * @param sides each `[rows, its own width]`, centred
 * @param count at most as many as rows
 * @returns for each side its part of the axes, `[count, its width]`, in descending order of their variance
 */
export const jointPrincipalAxes = async (
  sides: readonly Matrix[],
  count: number,
  random: Random,
): Promise<Matrix[]> => {
  const rows = sides[0]?.rows ?? 0;
  const times = async (right: Matrix): Promise<Matrix> => {
    const sum = new Float64Array(rows * right.columns);
    for (const side of sides) {
      const { data } = await multiply(side, await multiply(side, right, "left"));
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (data[i] ?? 0);
    }
    return { data: sum, rows, columns: right.columns };
  };
  const options = { oversampling: OVERSAMPLING, iterations: ITERATIONS, random };
  const { vectors } = await leadingEigenOf({ size: rows, times }, count, options);
  return Promise.all(sides.map((side) => multiply({ data: vectors, rows: count, columns: rows }, side)));
};
