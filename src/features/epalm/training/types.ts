import type { LayerSource, LossScope } from "../adapter/index.ts";
import type { Vision } from "../decoder/forward.ts";

/** One text about one input. */
export interface AdapterRow {
  /** Which of the inputs it is about. */
  readonly input: number;
  /** The prompt; empty for a caption. */
  readonly prompt: string;
  /** The text that should follow, up to its end. */
  readonly answer: string;
}

export interface TrainingData {
  readonly rows: readonly AdapterRow[];
  /** Rows for early stopping only; none for no early stop. */
  readonly validation: readonly AdapterRow[];
  /** Of each layer `[inputs, tokens, dimension]`, as the encoder gave them; none where nothing is seen. */
  readonly layerVectors: readonly Float32Array[];
  readonly inputs: number;
}

export interface TrainingOptions {
  /** null trains a soft prompt alone. */
  readonly vision: Vision | null;
  /** The layers that the features come from. */
  readonly sources: readonly LayerSource[];
  /** The width that a frozen projection brings features to; null takes them as they are. */
  readonly width: number | null;
  readonly shared: boolean;
  /** Soft prompt tokens. */
  readonly prompt: number;
  readonly promptNetwork: boolean;
  readonly tokenNorm: boolean;
  readonly loss: LossScope;
  /** Learning rates of the maps and of the prompt at the end of the warm-up. */
  readonly rates: { readonly connection: number; readonly prompt: number };
  readonly weightDecay: number;
  /** The longest that all gradients together may be. */
  readonly clip: number;
  /** Rows of one step. */
  readonly batch: number;
  readonly epochs: number;
  /** How rates change; `cosine` where absent. */
  readonly schedule?: "cosine" | "authors";
  /** The share of all steps in which rates rise, with the schedule `cosine`. */
  readonly warmUp: number;
  /** Epochs without a better validation loss after which it stops. */
  readonly patience: number;
  readonly seed: number;
}

/** Where a training keeps its state, to continue after an interruption. */
export interface Checkpoints {
  /** What was last saved, or null. */
  readonly load: () => Promise<Uint8Array | null>;
  readonly save: (bytes: Uint8Array) => Promise<void>;
  /** Steps between two. One is saved at the end of each epoch as well. */
  readonly everySteps: number;
}

export interface TrainingProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, of how many at most. */
  readonly step: number;
  readonly steps: number;
  /** Mean over this epoch's tokens so far, in nats. */
  readonly loss: number;
  /** Of the last epoch that has ended; null before, and where there is nothing to validate on. */
  readonly validation: number | null;
}
