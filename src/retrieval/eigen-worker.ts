import { parentPort, workerData } from "node:worker_threads";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { EigenTask, Eigen } from "./eigen.ts";

const decompose = ({ matrix, size }: EigenTask): Eigen => {
  const symmetric = Matrix.from1DArray(size, size, matrix);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const values = Float64Array.from(order, (i) => realEigenvalues[i] ?? 0);
  const vectors = new Float64Array(size * size);
  order.forEach((column, i) => vectors.set(eigenvectorMatrix.getColumn(column), i * size));
  return { values, vectors };
};

const { values, vectors } = decompose(workerData as EigenTask);
parentPort?.postMessage({ values, vectors } satisfies Eigen, [values.buffer, vectors.buffer]);
