import { factor, invertLower } from "./cholesky.ts";
import { multiply, type Matrix } from "./products.ts";

/**
 * Added to the unit diagonal of the rows' Gram matrix before each factorisation: enough to outweigh rounding errors if rows
 * are nearly dependent (Fukaya et al., "Shifted Cholesky QR", SIAM J. Sci. Comput. 42, 2020).
 */
const SHIFTS = [1e-11, 1e-11, 1e-13] as const;

/**
 * Orthonormalises rows, the first ones first, with the Cholesky factor of their Gram matrix.
 *
 * @param rows `[m, n]`, m at most n; any scale
 * @param passes 3 for rows that are orthogonal to rounding; 1 keeps nearly dependent ones from collapsing
 */
export const orthonormalRows = async (rows: Matrix, passes: 1 | 3 = 3): Promise<Matrix> => {
  let result = rows;
  for (const shift of SHIFTS.slice(0, passes)) {
    result = unitRowsOf(result);
    const m = result.rows;
    const { data: gram } = await multiply(result, result, "right");
    for (let i = 0; i < m; i++) gram[i * m + i] = (gram[i * m + i] ?? 0) + shift;
    // The inverse of the small factor leaves the work on long rows to one product.
    result = await multiply(await invertLower(await factor(gram, m), m), result);
  }
  return result;
};

/** Scales each row to norm 1 in place; zero rows stay zero. */
const unitRowsOf = (matrix: Matrix): Matrix => {
  const { data, rows, columns } = matrix;
  for (let i = 0; i < rows; i++) {
    let squares = 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) squares += (data[j] ?? 0) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) data[j] = (data[j] ?? 0) * scale;
  }
  return matrix;
};
