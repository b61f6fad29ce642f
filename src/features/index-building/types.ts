import type { BuildSubject } from "../../retrieval/index.ts";

export interface LoadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** A collection read into memory. */
export interface LoadedCollection extends BuildSubject {
  /** Whether no service is known to run on DATA_DIR. */
  readonly isAlone: boolean;
}
