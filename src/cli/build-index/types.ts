import type { BuildSubject } from "../../retrieval/index.ts";

export interface LoadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** A collection that was read into memory. */
export interface LoadedCollection extends BuildSubject {
  /** Whether no service runs on DATA_DIR, as far as is known. */
  readonly isAlone: boolean;
}
