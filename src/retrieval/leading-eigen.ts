import { createRandom } from "../math/random.ts";
import { eigenSymmetric, type Eigen } from "../math/linear-algebra/index.ts";
import { multiplyByTransposed, multiplyTransposedBy } from "./kernels.ts";

/** Up to this size all eigenvectors are found, in about a second. */
const DIRECT_SIZE = 512;
/** Directions beyond those asked for; they let the last of these converge. */
const OVERSAMPLING = 128;
const ITERATIONS = 6;
const SEED = 1;
const SMALLEST_PIVOT = 1e-6;
/**
 * Added to the diagonal of the Gram matrix of unit columns, pass by pass: enough at first to outweigh the rounding of
 * its float32 sums where columns are nearly dependent, next to nothing when they are nearly orthogonal.
 */
const SHIFTS = [1e-3, 1e-4, 1e-6, 0] as const;

/**
 * The `rank` greatest eigenvalues of a symmetric positive matrix and their vectors. Large matrices are reduced to a
 * subspace first (Halko, Martinsson and Tropp, arXiv 0909.4061, algorithm 4.4, seeded, six iterations), within which
 * the result is exact: vectors are orthogonal, and each value is the variance along its vector, though the last
 * directions may be mixtures of neighbours.
 *
 * @param matrix `[size, size]` row-major
 */
export const leadingEigen = async (matrix: Float64Array, size: number, rank: number): Promise<Eigen> => {
  if (size <= DIRECT_SIZE) return eigenSymmetric(matrix, size);
  const width = Math.min(size, rank + OVERSAMPLING);
  const symmetric = { data: Float32Array.from(matrix), rows: size, columns: size };
  const times = async (basis: Float32Array): Promise<Float32Array> =>
    multiplyTransposedBy(symmetric, { data: basis, rows: size, columns: width });

  let basis = randomBasis(size, width);
  for (let i = 1; i <= ITERATIONS; i++) {
    // On the way it is enough that the columns do not all turn into the first direction.
    const shifts = i < ITERATIONS ? SHIFTS.slice(0, 2) : SHIFTS;
    basis = await orthonormal(await times(basis), size, width, shifts);
  }
  const projected = { data: await times(basis), rows: size, columns: width };
  const small = await multiplyTransposedBy({ data: basis, rows: size, columns: width }, projected);
  const { values, vectors } = await eigenSymmetric(Float64Array.from(small), width);
  const rotation = { data: Float32Array.from(vectors.subarray(0, rank * width)), rows: rank, columns: width };
  const rotated = await multiplyByTransposed(rotation, { data: basis, rows: size, columns: width });
  return { values: values.slice(0, rank), vectors: Float64Array.from(rotated) };
};

const randomBasis = (size: number, width: number): Float32Array => {
  const random = createRandom(SEED);
  return Float32Array.from({ length: size * width }, () => random.next() - 0.5);
};

/** The columns of `basis` made (nearly) orthonormal by Cholesky's decomposition of their Gram matrix, several times over. */
const orthonormal = async (
  basis: Float32Array,
  size: number,
  width: number,
  shifts: readonly number[],
): Promise<Float32Array> => {
  let columns = basis;
  for (const shift of shifts) {
    const matrix = { data: columns, rows: size, columns: width };
    const gram = Float64Array.from(await multiplyTransposedBy(matrix, matrix));
    const inverse = { data: inverseFactor(gram, width, shift), rows: width, columns: width };
    columns = await multiplyByTransposed(matrix, inverse);
  }
  return columns;
};

/** `L^-1 D` for `D G D = L L^T`, where D scales the columns to norm 1; applied from the right, transposed. */
const inverseFactor = (gram: Float64Array, n: number, shift: number): Float32Array => {
  const scale = Float64Array.from(
    { length: n },
    (_, i) => 1 / Math.sqrt(Math.max(gram[i * n + i] ?? 0, 1e-30)),
  );
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (gram[i * n + j] ?? 0) * (scale[i] ?? 0) * (scale[j] ?? 0) + (i === j ? shift : 0);
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
      lower[i * n + j] = i === j ? Math.sqrt(Math.max(sum, SMALLEST_PIVOT)) : sum / (lower[j * n + j] ?? 1);
    }
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * n + k] ?? 0;
      for (let j = 0; j <= k; j++) row[j] = (row[j] ?? 0) - factor * (inverse[k * n + j] ?? 0);
    }
    const diagonal = lower[i * n + i] ?? 1;
    for (let j = 0; j <= i; j++) row[j] = (row[j] ?? 0) / diagonal;
  }
  return Float32Array.from(inverse, (value, at) => value * (scale[at % n] ?? 0));
};
