import { parentPort, workerData } from "node:worker_threads";
import { fitTransform, type Fit } from "./transform.ts";

/** What a fit is made of: `rows` are `[n, dimension]`, of norm 1. */
export interface FitTask {
  readonly kind: Fit["kind"];
  readonly rows: Float32Array<ArrayBuffer>;
  readonly dimension: number;
}

const { kind, rows, dimension } = workerData as FitTask;
parentPort?.postMessage(await fitTransform(kind, rows, dimension));
