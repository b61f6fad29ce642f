import { strideOf, ZERO_CODE } from "./layout.ts";

/** Where a row's code goes: the arrays of an extent. */
export interface CodePlaces {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly errors: Uint8Array;
}

/** Codes on each side of {@link ZERO_CODE}. */
const ROW_LEVELS = 63;
const QUERY_LEVELS = 127;

/**
 * What one step of an error's byte stands for. A coordinate is off by half a scale at most, and a scale is at most 1/63, so
 * no row of norm 1 is further from its code than `sqrt(d) / 126`.
 */
export const errorStep = (dimension: number): number => (1.001 * Math.sqrt(dimension)) / 126 / 255;

/**
 * Writes the code of a row of norm 1 (or 0): `c_j = round(63 x_j / max_i |x_i|) + 64`, its scale, and the byte of its error,
 * rounded up. A zero row has scale 0.
 *
 * @param from index of the row's first number in `rows`
 * @param at number of the row within the extent
 */
export const codeRow = (
  rows: Float32Array,
  from: number,
  dimension: number,
  { codes, scales, errors }: CodePlaces,
  at: number,
): void => {
  const stride = strideOf(dimension);
  const first = at * stride;
  let most = 0;
  for (let j = 0; j < dimension; j++) {
    const size = Math.abs(rows[from + j] ?? 0);
    if (size > most) most = size;
  }
  const scale = Math.fround(most / ROW_LEVELS);
  const inverse = scale === 0 ? 0 : ROW_LEVELS / most;
  let square = 0;
  for (let j = 0; j < dimension; j++) {
    const value = rows[from + j] ?? 0;
    // Rounded, for it is above 0; Math.round takes several times as long.
    const code = (value * inverse + (ZERO_CODE + 0.5)) | 0;
    codes[first + j] = code;
    const off = value - scale * (code - ZERO_CODE);
    square += off * off;
  }
  for (let j = dimension; j < stride; j++) codes[first + j] = ZERO_CODE;
  errors[at] = Math.min(255, Math.ceil(Math.sqrt(square) / errorStep(dimension)));
  scales[at] = scale;
};

/** A query in signed bytes: `q_j` is about `scale * bytes[j]`. */
export interface CodedQuery {
  /** `b_j = round(127 q_j / max_i |q_i|)`, then zeros up to the stride. */
  readonly bytes: Int8Array<ArrayBuffer>;
  readonly scale: number;
  /** Distance between the query and its code. */
  readonly error: number;
  /** L2 norm of the query. */
  readonly norm: number;
  /** `-64 * sum(bytes)`, where every sum of products begins. */
  readonly start: number;
}

/** The code of a query; a zero query has scale 0. */
export const codeQuery = (query: Float32Array): CodedQuery => {
  const bytes = new Int8Array(strideOf(query.length));
  let most = 0;
  for (const value of query) most = Math.max(most, Math.abs(value));
  const scale = most / QUERY_LEVELS;
  const inverse = most === 0 ? 0 : QUERY_LEVELS / most;
  let [square, sum, norm] = [0, 0, 0];
  for (let j = 0; j < query.length; j++) {
    const value = query[j] ?? 0;
    const level = Math.round(value * inverse);
    bytes[j] = level;
    sum += level;
    const off = value - scale * level;
    square += off * off;
    norm += value * value;
  }
  return { bytes, scale, error: Math.sqrt(square), norm: Math.sqrt(norm), start: -ZERO_CODE * sum };
};

/**
 * Writes a coded query where the scan kernels read it: its start as int32, three zeros, and its bytes, widened to 16 bits
 * for the portable kernel.
 *
 * @param address in bytes, a multiple of 16
 */
export const writeQuery = (
  { bytes, start }: CodedQuery,
  buffer: ArrayBufferLike,
  address: number,
  relaxed: boolean,
): void => {
  new Int32Array(buffer, address, 4).set([start, 0, 0, 0]);
  if (relaxed) new Int8Array(buffer, address + 16, bytes.length).set(bytes);
  else new Int16Array(buffer, address + 16, bytes.length).set(bytes);
};

/** The most by which two sums in float32 of the products of a query and a row of norm 1 differ: `d 2^-24` of the norm each. */
export const roundingBound = (query: Float32Array): number => {
  let norm = 0;
  for (const value of query) norm += value * value;
  return Math.sqrt(norm) * (query.length + 16) * 2 ** -23;
};

/**
 * The most by which a score by codes, in units of the true score, differs from the one in float32: `e_q (1 + e) + |q| e` by
 * Cauchy and Schwarz for rows of norm 1, and what float32's rounding adds.
 *
 * @param error of the row, or the greatest of several
 */
export const scoreBound = (
  { error: queryError, norm }: Pick<CodedQuery, "error" | "norm">,
  error: number,
  dimension: number,
): number => queryError * (1 + error) + norm * (error + 2e-6 + 1e-8 * dimension);
