import { EigenvalueDecomposition, Matrix, solve } from "ml-matrix";
import { naivePearson, naiveRanks } from "./naive-rank-correlation.ts";

/** Transferability scores by their definitions, with loops over rows and pairs. */
type Rows = readonly (readonly number[])[];
type Ids = readonly number[];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const distinct = (ids: Ids): number[] => [...new Set(ids)].sort((a, b) => a - b);
const column = (rows: Rows, j: number): number[] => rows.map((row) => row[j] ?? 0);
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, i) => x * (b[i] ?? 0)));

/** `mean_i log sum_z P(y_i | z) P(z | x_i)`, where `P(y, z)` is the mean of P(z | x) over the rows of class y. */
export const naiveLeep = (probabilities: Rows, ids: Ids): number => {
  const n = ids.length;
  const sources = [...(probabilities[0] ?? []).keys()];
  const joint = (id: number, z: number): number =>
    sum(probabilities.map((row, i) => (ids[i] === id ? (row[z] ?? 0) : 0))) / n;
  const marginal = sources.map((z) => sum(column(probabilities, z)) / n);
  const logs = ids.map((id, i) => {
    const expected = sources
      .filter((z) => (marginal[z] ?? 0) > 0)
      .map((z) => (joint(id, z) / (marginal[z] ?? 1)) * (probabilities[i]?.[z] ?? 0));
    return Math.log(sum(expected));
  });
  return mean(logs);
};

/** `H(Z) - H(Y, Z)`: minus the conditional entropy by the chain rule. */
export const naiveNce = (probabilities: Rows, ids: Ids): number => {
  const sources = probabilities.map((row) => row.indexOf(Math.max(...row)));
  const entropy = (keys: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return -sum([...counts.values()].map((count) => (count / keys.length) * Math.log(count / keys.length)));
  };
  return entropy(sources.map(String)) - entropy(sources.map((z, i) => `${z} ${ids[i] ?? 0}`));
};

/** Rows in the leading eigenvectors of their covariance. */
export const naivePrincipal = (rows: Rows, dimensions: number): { rows: number[][]; variances: number[] } => {
  const centred = new Matrix(rows.map((row) => [...row])).center("column");
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    centred.transpose().mmul(centred).div(rows.length),
    { assumeSymmetric: true },
  );
  const order = [...realEigenvalues.keys()].sort(
    (a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0),
  );
  const kept = order.slice(0, dimensions);
  return {
    rows: centred.mmul(eigenvectorMatrix.subMatrixColumn(kept)).to2DArray(),
    variances: order.map((i) => realEigenvalues[i] ?? 0),
  };
};

/** Minus the integrals of `sqrt(p q)` of the classes' Gaussians, dimension by dimension, over ordered pairs. */
export const naiveGbc = (rows: Rows, ids: Ids, spherical: boolean): number => {
  const gaussians = distinct(ids).map((id) => {
    const own = rows.filter((_, i) => ids[i] === id);
    const means = (rows[0] ?? []).map((_, j) => mean(column(own, j)));
    const variances = means.map((centre, j) =>
      Math.max(1e-4, mean(column(own, j).map((x) => (x - centre) ** 2))),
    );
    return { means, variances: spherical ? variances.map(() => mean(variances)) : variances };
  });
  let total = 0;
  gaussians.forEach((p, first) =>
    gaussians.forEach((q, second) => {
      if (first === second) return;
      let coefficient = 1;
      p.means.forEach((m, j) => {
        const [a, b] = [p.variances[j] ?? 0, q.variances[j] ?? 0];
        const squared = (m - (q.means[j] ?? 0)) ** 2;
        // The coefficient of two normal distributions of one dimension.
        coefficient *= Math.sqrt((2 * Math.sqrt(a * b)) / (a + b)) * Math.exp(-squared / (4 * (a + b)));
      });
      total += coefficient;
    }),
  );
  return -total;
};

const correlation = (a: readonly number[], b: readonly number[]): number =>
  new Set(a).size === 1 || new Set(b).size === 1 ? 0 : naivePearson(a, b);

/** Dissimilarities that differ by less than 1e-9 are ties. */
const triangle = (rows: Rows): number[] =>
  rows.flatMap((row, i) =>
    rows.slice(0, i).map((other) => Math.round((1 - correlation(row, other)) * 1e9) / 1e9),
  );

export const naiveParc = (rows: Rows, labels: Rows): number =>
  100 * naivePearson(naiveRanks(triangle(rows)), naiveRanks(triangle(labels)));

export const naiveOneHot = (ids: Ids): number[][] =>
  ids.map((id) => distinct(ids).map((each) => (each === id ? 1 : 0)));

export const naiveKnn = (rows: Rows, ids: Ids, k: number): number => {
  const cosine = (a: readonly number[], b: readonly number[]): number => {
    const norms = Math.sqrt(dot(a, a) * dot(b, b));
    return norms === 0 ? 0 : Math.round((dot(a, b) / norms) * 1e9) / 1e9;
  };
  const right = ids.filter((id, i) => {
    const near = rows
      .map((row, j) => ({ j, cosine: cosine(row, rows[i] ?? []) }))
      .filter(({ j }) => j !== i)
      .sort((a, b) => b.cosine - a.cosine || a.j - b.j)
      .slice(0, k);
    const votes = (each: number): number =>
      sum(near.filter(({ j }) => ids[j] === each).map((neighbour) => (1 + neighbour.cosine) / 2));
    const most = Math.max(...near.map(({ j }) => votes(ids[j] ?? 0)));
    const elected = near.find(({ j }) => votes(ids[j] ?? 0) > most - 1e-9);
    return ids[elected?.j ?? 0] === id;
  });
  return right.length / ids.length;
};

/** One step of expectation-maximisation as the textbook has it. @returns the new responsibilities and the likelihood */
export const naiveExpectationMaximisation = (rows: Rows, responsibilities: Rows, floor: number) => {
  const components = [...(responsibilities[0] ?? []).keys()].map((k) => {
    const shares = column(responsibilities, k);
    const means = (rows[0] ?? []).map((_, j) => dot(shares, column(rows, j)) / sum(shares));
    const variances = means.map((centre, j) =>
      Math.max(
        floor,
        dot(
          shares,
          column(rows, j).map((x) => (x - centre) ** 2),
        ) / sum(shares),
      ),
    );
    return { weight: sum(shares) / rows.length, means, variances };
  });
  const densities = rows.map((row) =>
    components.map(({ weight, means, variances }) =>
      row.reduce((product, x, j) => {
        const variance = variances[j] ?? 1;
        const density = Math.exp(-((x - (means[j] ?? 0)) ** 2) / (2 * variance));
        return (product * density) / Math.sqrt(2 * Math.PI * variance);
      }, weight),
    ),
  );
  return {
    responsibilities: densities.map((row) => row.map((density) => density / sum(row))),
    logLikelihood: mean(densities.map((row) => Math.log(sum(row)))),
  };
};

/** Newton's method with the whole Hessian, all classes' parameters at once: `[C (d + 1)]`, each class's bias last. */
export const naiveLogistic = (rows: Rows, ids: Ids, classes: number, ridge: number) => {
  const inputs = rows.map((row) => [...row, 1]);
  const width = (inputs[0] ?? []).length;
  const size = classes * width;
  let parameters = new Array<number>(size).fill(0);
  const probabilitiesOf = (input: readonly number[]): number[] => {
    const logits = Array.from({ length: classes }, (_, c) =>
      dot(input, parameters.slice(c * width, (c + 1) * width)),
    );
    const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    return exponentials.map((value) => value / sum(exponentials));
  };
  for (let step = 0; step < 50; step++) {
    const gradient = parameters.map((value, at) => (at % width === width - 1 ? 0 : ridge * value));
    // The biases may all move together; a little of their own makes one place of it.
    const hessian = Matrix.diag(gradient.map((_, at) => (at % width === width - 1 ? 1e-9 : ridge)));
    inputs.forEach((input, i) => {
      const probabilities = probabilitiesOf(input);
      for (let a = 0; a < classes; a++) {
        const pa = probabilities[a] ?? 0;
        for (let j = 0; j < width; j++) {
          const at = a * width + j;
          gradient[at] = (gradient[at] ?? 0) + (pa - (ids[i] === a ? 1 : 0)) * (input[j] ?? 0);
          for (let b = 0; b < classes; b++)
            for (let k = 0; k < width; k++) {
              const curvature = pa * ((a === b ? 1 : 0) - (probabilities[b] ?? 0));
              const value = curvature * (input[j] ?? 0) * (input[k] ?? 0);
              hessian.set(at, b * width + k, hessian.get(at, b * width + k) + value);
            }
        }
      }
    });
    const move = solve(hessian, Matrix.columnVector(gradient)).to1DArray();
    parameters = parameters.map((value, at) => value - (move[at] ?? 0));
    if (Math.max(...move.map(Math.abs)) < 1e-12) break;
  }
  return {
    probabilities: probabilitiesOf,
    probability: (row: readonly number[]) => probabilitiesOf([...row, 1]),
    classify: (row: readonly number[]): number => {
      const probabilities = probabilitiesOf([...row, 1]);
      return probabilities.indexOf(Math.max(...probabilities));
    },
  };
};
