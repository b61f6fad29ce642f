import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

export interface EigenTask {
  /** `[size, size]` row-major, symmetric. */
  readonly matrix: Float64Array;
  readonly size: number;
}

export interface Eigen {
  /** In descending order. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Row i is the unit eigenvector of value i. */
  readonly vectors: Float64Array<ArrayBuffer>;
}

/** The worker is TypeScript too, and does not inherit a loader where a test runner brought its own. */
const LOADER = ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href];

/** The eigen-decomposition of a symmetric matrix, on a thread of its own: for 768 x 768 it takes seconds. */
export const eigenSymmetric = (matrix: Float64Array, size: number): Promise<Eigen> =>
  new Promise((resolve, reject) => {
    const task: EigenTask = { matrix, size };
    const worker = new Worker(new URL("./eigen-worker.ts", import.meta.url), {
      workerData: task,
      execArgv: LOADER,
    });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      if (code !== 0) reject(new Error(`the eigen-decomposition ended with code ${code}`));
    });
  });
