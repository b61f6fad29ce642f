import {
  factor,
  multiply,
  solveLower,
  solveLowerTransposed,
  transpose,
  type Matrix,
} from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";

/** A linear classifier: log-probabilities are the log-softmax of `scale` times its outputs. */
export interface Probe {
  readonly classes: readonly string[];
  /** `[classes, d + 1]` row-major, the last of a row being its constant. */
  readonly weights: Float64Array;
  readonly scale: number;
  /** The leave-one-out accuracy: the share of rows that a fit without them predicts right. */
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
 * Tibshirani and Friedman, "The Elements of Statistical Learning", equation 7.64); a row is predicted right if the best
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
  const count = classes.length;
  const d = rows.length / n;
  const width = d + 1;
  const rest = createTurns();
  const all = withConstant(rows, n, d);
  const { data: gram } = await multiply(all, all, "left");
  let trace = 0;
  for (let i = 0; i < d; i++) trace += gram[i * width + i] ?? 0;
  const added = Math.max((ridge * trace) / Math.max(1, d), Number.MIN_VALUE);
  for (let i = 0; i < width; i++) gram[i * width + i] = (gram[i * width + i] ?? 0) + added;
  const lower = await factor(gram, width);

  const right = { data: new Float64Array(width * count), rows: width, columns: count };
  labels.forEach((own, row) => {
    for (const label of own)
      for (let i = 0; i < width; i++)
        right.data[i * count + label] =
          (right.data[i * count + label] ?? 0) + (all.data[row * width + i] ?? 0);
  });
  const weights = await solveLowerTransposed(lower, await solveLower(lower, right));
  const { data: outputs } = await multiply(all, weights);
  const { data: solved } = await solveLower(lower, transpose(all));
  const leverages = new Float64Array(n);
  for (let i = 0; i < width; i++)
    for (let row = 0; row < n; row++)
      leverages[row] = (leverages[row] ?? 0) + (solved[i * n + row] ?? 0) ** 2;

  // Outputs of a fit without the row: those of the whole one less h / (1 - h) times the residual.
  let predicted = 0;
  for (let row = 0; row < n; row++) {
    const truth = labels[row] ?? [];
    const kept = Math.max(1e-9, 1 - (leverages[row] ?? 0));
    const own = outputs.subarray(row * count, (row + 1) * count);
    let best = 0;
    for (let c = 0; c < count; c++) {
      const target = truth.includes(c) ? 1 : 0;
      own[c] = target - (target - (own[c] ?? 0)) / kept;
      if ((own[c] ?? 0) > (own[best] ?? 0)) best = c;
    }
    if (truth.includes(best)) predicted++;
    await rest();
  }
  return {
    classes,
    weights: transpose(weights).data,
    scale: await fitScale(outputs, labels, count, rest),
    accuracy: predicted / Math.max(1, n),
    rows: n,
  };
};

/** The rows in float64, each with a 1 behind it. */
const withConstant = (rows: Float32Array, n: number, d: number): Matrix => {
  const data = new Float64Array(n * (d + 1));
  for (let row = 0; row < n; row++) {
    data.set(rows.subarray(row * d, (row + 1) * d), row * (d + 1));
    data[row * (d + 1) + d] = 1;
  }
  return { data, rows: n, columns: d + 1 };
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

const fitScale = async (
  outputs: Float64Array,
  labels: readonly (readonly number[])[],
  count: number,
  rest: () => Promise<void>,
): Promise<number> => {
  const rows = Math.min(SCALED, labels.length);
  const scaled = new Float64Array(count);
  let [best, least] = [1, Infinity];
  for (let step = 0; step <= SCALES.steps; step++) {
    const scale = SCALES.least * (SCALES.most / SCALES.least) ** (step / SCALES.steps);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < count; c++) scaled[c] = scale * (outputs[row * count + c] ?? 0);
      const truth = labels[row] ?? [];
      const own = truth.reduce((sum, label) => sum + (scaled[label] ?? 0), 0) / Math.max(1, truth.length);
      loss += logSum(scaled) - own;
      await rest();
    }
    if (loss < least) [best, least] = [scale, loss];
  }
  return best;
};
