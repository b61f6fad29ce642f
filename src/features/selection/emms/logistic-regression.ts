import { factor, multiply, solveLower, type Matrix } from "../../../math/linear-algebra/index.ts";
import { minimize, type Minimum, type Objective } from "./lbfgs.ts";

/** Of the mean loss's gradient. */
const TOLERANCE = 1e-5;
const ITERATIONS = 500;

/** `[C, d]` weights, then C biases. */
export interface Logistic {
  readonly parameters: Float64Array;
  readonly minimum: Minimum;
}

/**
 * Multinomial logistic regression: the least of the rows' mean loss plus `ridge / (2 n)` times the squared weights; biases
 * go free.
 *
 * @param rows `[n, d]`, each column of mean 0 and variance 1, or 0
 * @param targets `[n]`, 0 .. count - 1, none without a row
 * @param preconditioner from {@link preconditionerOf}, for these rows or ones like them
 * @param ridge above 0
 * @param rest awaited before each look at the loss
 */
export const fitLogistic = async (
  rows: Matrix,
  targets: Int32Array,
  count: number,
  preconditioner: Matrix,
  ridge: number,
  rest: () => Promise<void>,
): Promise<Logistic> => {
  const { rows: n, columns: d } = rows;
  const objective: Objective = {
    evaluate: async (parameters) => {
      await rest();
      const { residuals, loss } = await lossOf(rows, targets, parameters, count);
      const { data } = await multiply(residuals, rows, "left");
      const gradient = new Float64Array(parameters.length);
      let penalty = 0;
      for (let at = 0; at < count * d; at++) {
        const weight = parameters[at] ?? 0;
        penalty += weight * weight;
        gradient[at] = ((data[at] ?? 0) + ridge * weight) / n;
      }
      residuals.data.forEach((value, at) => {
        const bias = count * d + (at % count);
        gradient[bias] = (gradient[bias] ?? 0) + value / n;
      });
      return { value: (loss + (ridge / 2) * penalty) / n, gradient };
    },
    precondition: async (vector) => {
      const weights = { data: vector.subarray(0, count * d), rows: count, columns: d };
      const result = new Float64Array(vector.length);
      result.set((await multiply(weights, preconditioner)).data);
      for (let at = count * d; at < result.length; at++) result[at] = (vector[at] ?? 0) / spread(count);
      return result;
    },
  };
  const start = new Float64Array(count * (d + 1));
  const minimum = await minimize(objective, start, { tolerance: TOLERANCE, iterations: ITERATIONS });
  return { parameters: minimum.at, minimum };
};

/**
 * The inverse of what a class's part of the Hessian is where all classes are as probable: `p (1 - p) X^T X / n` with the
 * ridge on its diagonal.
 */
export const preconditionerOf = async (rows: Matrix, count: number, ridge: number): Promise<Matrix> => {
  const { rows: n, columns: d } = rows;
  const { data: hessian } = await multiply(rows, rows, "left");
  for (let at = 0; at < d * d; at++) hessian[at] = ((hessian[at] ?? 0) * spread(count)) / n;
  for (let j = 0; j < d; j++) hessian[j * d + j] = (hessian[j * d + j] ?? 0) + ridge / n;
  const lower = await factor(hessian, d);
  const identity = new Float64Array(d * d);
  for (let j = 0; j < d; j++) identity[j * d + j] = 1;
  const inverse = await solveLower(lower, { data: identity, rows: d, columns: d });
  return multiply(inverse, inverse, "left");
};

/** The most probable class of each row, of several the first. */
export const predictClasses = async (
  rows: Matrix,
  parameters: Float64Array,
  count: number,
): Promise<Int32Array> => {
  const { data } = await logitsOf(rows, parameters, count);
  return Int32Array.from({ length: rows.rows }, (_, i) => {
    let best = 0;
    for (let c = 1; c < count; c++) if ((data[i * count + c] ?? 0) > (data[i * count + best] ?? 0)) best = c;
    return best;
  });
};

const spread = (count: number): number => (count - 1) / count / count;

const logitsOf = async (rows: Matrix, parameters: Float64Array, count: number): Promise<Matrix> => {
  const d = rows.columns;
  const weights = { data: parameters.subarray(0, count * d), rows: count, columns: d };
  const logits = await multiply(rows, weights, "right");
  logits.data.forEach((value, at) => {
    logits.data[at] = value + (parameters[count * d + (at % count)] ?? 0);
  });
  return logits;
};

/** The summed loss, and the probabilities less 1 where the class is the true one. */
const lossOf = async (rows: Matrix, targets: Int32Array, parameters: Float64Array, count: number) => {
  const residuals = await logitsOf(rows, parameters, count);
  const { data } = residuals;
  let loss = 0;
  for (let i = 0; i < rows.rows; i++) {
    const own = data.subarray(i * count, (i + 1) * count);
    const target = targets[i] ?? 0;
    let highest = -Infinity;
    for (const value of own) if (value > highest) highest = value;
    const trueLogit = (own[target] ?? 0) - highest;
    let total = 0;
    for (let c = 0; c < count; c++) {
      const value = Math.exp((own[c] ?? 0) - highest);
      own[c] = value;
      total += value;
    }
    for (let c = 0; c < count; c++) own[c] = (own[c] ?? 0) / total;
    own[target] = (own[target] ?? 0) - 1;
    loss += Math.log(total) - trueLogit;
  }
  return { residuals, loss };
};
