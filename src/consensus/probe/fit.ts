import { createSlices } from "../../slices.ts";
import { factor, solveTransposed, solveInPlace } from "./cholesky.ts";

/** A linear classifier: log-probabilities are the log-softmax of `scale` times its outputs. */
export interface Probe {
  readonly classes: readonly string[];
  /** `[classes, d + 1]` row-major, the last of a row being its constant. */
  readonly weights: Float64Array;
  readonly scale: number;
  /** The share of the rows that were told rightly by a fit without them. */
  readonly accuracy: number;
  readonly rows: number;
}

/** In units of the mean eigenvalue of the Gram matrix. */
const RIDGE = 0.1;
const SCALES = { least: 0.1, most: 1_000, steps: 60 };
/** Rows that the scale is fitted on. */
const SCALED = 2_000;

/**
 * Ridge regression, with a constant, on 1 for the classes of a row and 0 for others. The accuracy is by leave-one-out, in
 * closed form: the residual of a row that was left out is its residual over `1 - h`, h being its leverage (Hastie,
 * Tibshirani and Friedman, "The Elements of Statistical Learning", equation 7.64); a row is told rightly where the best
 * class is one of its own. The scale is the one under which these predictions are likeliest.
 *
 * @param rows `[n, d]` row-major
 * @param labels the classes of each row, one or more
 */
export const fitProbe = async (
  rows: Float32Array,
  labels: readonly (readonly number[])[],
  classes: readonly string[],
  ridge = RIDGE,
): Promise<Probe> => {
  const n = labels.length;
  const d = rows.length / n;
  const width = d + 1;
  const slices = createSlices();
  const rest = async (): Promise<void> => {
    if (slices.due()) await slices.rest();
  };
  const at = (row: number, i: number): number => (i === d ? 1 : (rows[row * d + i] ?? 0));

  const gram = new Float64Array(width * width);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < width; i++) {
      const value = at(row, i);
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * width + j] = (gram[i * width + j] ?? 0) + value * at(row, j);
    }
    await rest();
  }
  let trace = 0;
  for (let i = 0; i < d; i++) trace += gram[i * width + i] ?? 0;
  const added = Math.max((ridge * trace) / Math.max(1, d), Number.MIN_VALUE);
  for (let i = 0; i < width; i++) gram[i * width + i] = (gram[i * width + i] ?? 0) + added;
  await factor(gram, width, rest);

  const weights = new Float64Array(classes.length * width);
  for (let row = 0; row < n; row++) {
    for (const label of labels[row] ?? []) {
      const own = weights.subarray(label * width, (label + 1) * width);
      for (let i = 0; i < width; i++) own[i] = (own[i] ?? 0) + at(row, i);
    }
  }
  for (let c = 0; c < classes.length; c++) {
    const own = weights.subarray(c * width, (c + 1) * width);
    solveInPlace(gram, own, width);
    solveTransposed(gram, own, width);
    await rest();
  }

  // Outputs of a fit without the row: those of the whole one less h / (1 - h) times the residual.
  const leftOut = new Float64Array(n * classes.length);
  const solved = new Float64Array(width);
  let right = 0;
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < width; i++) solved[i] = at(row, i);
    solveInPlace(gram, solved, width);
    const leverage = solved.reduce((sum, value) => sum + value * value, 0);
    const truth = labels[row] ?? [];
    let best = 0;
    const own = leftOut.subarray(row * classes.length, (row + 1) * classes.length);
    for (let c = 0; c < classes.length; c++) {
      let output = 0;
      for (let i = 0; i < width; i++) output += (weights[c * width + i] ?? 0) * at(row, i);
      const target = truth.includes(c) ? 1 : 0;
      own[c] = target - (target - output) / Math.max(1e-9, 1 - leverage);
      if ((own[c] ?? 0) > (own[best] ?? 0)) best = c;
    }
    if (truth.includes(best)) right++;
    await rest();
  }
  return {
    classes,
    weights,
    scale: fitScale(leftOut, labels, classes.length),
    accuracy: right / Math.max(1, n),
    rows: n,
  };
};

/** Log-probabilities of every class, `[n, classes]`. */
export const predict = ({ classes, weights, scale }: Probe, rows: readonly Float32Array[]): Float64Array => {
  const count = classes.length;
  const logs = new Float64Array(rows.length * count);
  rows.forEach((row, r) => {
    const own = logs.subarray(r * count, (r + 1) * count);
    const width = row.length + 1;
    for (let c = 0; c < count; c++) {
      let output = weights[c * width + row.length] ?? 0;
      for (let i = 0; i < row.length; i++) output += (weights[c * width + i] ?? 0) * (row[i] ?? 0);
      own[c] = scale * output;
    }
    const all = logSum(own);
    for (let c = 0; c < count; c++) own[c] = (own[c] ?? 0) - all;
  });
  return logs;
};

const logSum = (values: Float64Array): number => {
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
};

const fitScale = (outputs: Float64Array, labels: readonly (readonly number[])[], count: number): number => {
  const rows = Math.min(SCALED, labels.length);
  const scaled = new Float64Array(count);
  let [best, least] = [1, Infinity];
  for (let step = 0; step <= SCALES.steps; step++) {
    const scale = SCALES.least * (SCALES.most / SCALES.least) ** (step / SCALES.steps);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < count; c++) scaled[c] = scale * (outputs[row * count + c] ?? 0);
      const truth = labels[row] ?? [];
      const told = truth.reduce((sum, label) => sum + (scaled[label] ?? 0), 0) / Math.max(1, truth.length);
      loss += logSum(scaled) - told;
    }
    if (loss < least) [best, least] = [scale, loss];
  }
  return best;
};
