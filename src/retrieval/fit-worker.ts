import { closeKernels } from "./kernels.ts";
import { fitTransform, type Fit } from "./transform.ts";

/** `rows` are `[n, dimension]`, of norm 1. */
export interface FitTask {
  readonly kind: Fit["kind"];
  readonly rows: Float32Array<ArrayBuffer>;
  readonly dimension: number;
}

export interface FitCalls {
  readonly fit: (task: FitTask) => Promise<Fit | null>;
  readonly close: () => Promise<void>;
}

export const open = (): FitCalls => ({
  fit: ({ kind, rows, dimension }) => fitTransform(kind, rows, dimension),
  close: closeKernels,
});
