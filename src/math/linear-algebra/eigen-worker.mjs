// Plain JavaScript: a worker thread starts without the loader that reads TypeScript.
import { parentPort, workerData } from "node:worker_threads";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

const { matrix, size } = workerData;
const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
  Matrix.from1DArray(size, size, matrix),
  { assumeSymmetric: true },
);
const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
const values = Float64Array.from(order, (i) => realEigenvalues[i]);
const vectors = new Float64Array(size * size);
order.forEach((column, i) => vectors.set(eigenvectorMatrix.getColumn(column), i * size));
parentPort.postMessage({ values, vectors }, [values.buffer, vectors.buffer]);
