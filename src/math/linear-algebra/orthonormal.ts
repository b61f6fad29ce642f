import { factor, solveLower } from "./cholesky.ts";
import { multiply, type Matrix } from "./products.ts";
import { transpose } from "./symmetric.ts";

/**
 * Added to the unit diagonal of the columns' Gram matrix before each factorisation: enough to outweigh rounding errors if
 * columns are nearly dependent (Fukaya et al., "Shifted Cholesky QR", SIAM J. Sci. Comput. 42, 2020).
 */
const SHIFTS = [1e-11, 1e-11, 1e-13] as const;

/**
 * Orthonormalises the columns with the Cholesky factor of their Gram matrix.
 *
 * @param columns `[n, m]`, m at most n; any scale
 * @param passes 3 for columns that are orthogonal to rounding; 1 keeps nearly dependent ones from collapsing
 */
export const orthonormalColumns = async (columns: Matrix, passes: 1 | 3 = 3): Promise<Matrix> => {
  let rows = transpose(columns);
  for (const shift of SHIFTS.slice(0, passes)) {
    rows = unitRowsOf(rows);
    const { data: gram } = await multiply(rows, rows, "right");
    for (let i = 0; i < rows.rows; i++) gram[i * rows.rows + i] = (gram[i * rows.rows + i] ?? 0) + shift;
    rows = await solveLower(await factor(gram, rows.rows), rows);
  }
  return transpose(rows);
};

/** Scales each row to norm 1 in place; zero rows stay zero. */
const unitRowsOf = (matrix: Matrix): Matrix => {
  const { data, rows, columns } = matrix;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) for (let j = 0; j < columns; j++) row[j] = (row[j] ?? 0) / norm;
  }
  return matrix;
};
