import { eigenSymmetric, multiply, transpose, type Matrix } from "../../../math/linear-algebra/index.ts";
import { normal, type Random } from "../../../math/random.ts";

/** Directions beyond those that are asked for, and passes over the data: enough for a slowly falling spectrum. */
const OVERSAMPLING = 16;
const PASSES = 3;

/**
 * The principal axes of matrices that stand side by side, by the randomised range finder with power iterations (Halko,
 * Martinsson and Tropp, SIAM Review 53, 2011, algorithm 4.4).
 *
 * @param sides each `[rows, its own width]`, centred
 * @param count at most as many as rows
 * @returns of each side its part of the axes, `[count, its width]`, in descending order of their variance
 */
export const principalAxes = async (
  sides: readonly Matrix[],
  count: number,
  random: Random,
): Promise<Matrix[]> => {
  const rows = sides[0]?.rows ?? 0;
  const columns = Math.min(rows, count + OVERSAMPLING);
  const basis = { data: new Float64Array(rows * columns), rows, columns };
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = normal(random);
  let range = orthonormal(basis);
  for (let pass = 0; pass < PASSES; pass++) {
    const sum = new Float64Array(range.data.length);
    for (const side of sides) {
      const { data } = await multiply(side, await multiply(side, range, "left"));
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (data[i] ?? 0);
    }
    range = orthonormal({ data: sum, rows, columns });
  }
  const parts: Matrix[] = [];
  const products = new Float64Array(columns * columns);
  for (const side of sides) {
    const part = await multiply(side, range, "left");
    const { data } = await multiply(part, part, "left");
    for (let i = 0; i < products.length; i++) products[i] = (products[i] ?? 0) + (data[i] ?? 0);
    parts.push(part);
  }
  const { vectors } = await eigenSymmetric(products, columns);
  const turn = { data: vectors.subarray(0, count * columns), rows: count, columns };
  return Promise.all(parts.map((part) => multiply(turn, part, "right")));
};

/** Columns made orthonormal one after another, twice over for the sake of rounding; one that is left with nothing is 0. */
const orthonormal = (matrix: Matrix): Matrix => {
  const turned = transpose(matrix);
  const { data, rows: count, columns: length } = turned;
  for (let i = 0; i < count; i++) {
    const own = data.subarray(i * length, (i + 1) * length);
    const before = Math.sqrt(dot(own, own));
    for (let again = 0; again < 2; again++)
      for (let j = 0; j < i; j++) {
        const other = data.subarray(j * length, (j + 1) * length);
        const along = dot(own, other);
        for (let k = 0; k < length; k++) own[k] = (own[k] ?? 0) - along * (other[k] ?? 0);
      }
    const norm = Math.sqrt(dot(own, own));
    const factor = norm > ROUNDING * before ? 1 / norm : 0;
    for (let k = 0; k < length; k++) own[k] = (own[k] ?? 0) * factor;
  }
  return transpose(turned);
};

/** What is left of a column in this share of its length is nothing but rounding. */
const ROUNDING = 1e-10;

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};
