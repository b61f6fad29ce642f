import { closeKernels } from "../../retrieval/index.ts";
import type { WorkerContext } from "../../worker.ts";
import { principalPlane, type Plane } from "./pca.ts";
import { layOut, type UmapTask } from "./umap.ts";

/** The share of the passes that are done. */
export interface UmapNotice {
  readonly share: number;
}

export interface ProjectionCalls {
  readonly plane: (task: { readonly rows: Float32Array; readonly dimension: number }) => Promise<Plane>;
  /** Notifies with {@link UmapNotice}. */
  readonly layOut: (task: UmapTask) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}

export const open = (_: undefined, { signal, notify }: WorkerContext): ProjectionCalls => ({
  plane: ({ rows, dimension }) => principalPlane(rows, dimension),
  layOut: (task) => {
    let told = -1;
    return layOut(
      task,
      (epoch, epochs) => {
        const share = Math.floor((100 * epoch) / epochs) / 100;
        if (share > told) notify({ share: (told = share) } satisfies UmapNotice);
      },
      signal,
    );
  },
  close: closeKernels,
});
