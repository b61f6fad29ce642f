import type { Vision } from "../decoder/forward.ts";
import type { NamedTensor, Tensors } from "../../../math/tensors.ts";

export type { NamedTensor, Tensors };

/** What an adapter is made of. */
export interface AdapterShape {
  /** The widths of the encoder's features, the shallowest first; one a visual vector. */
  readonly features: readonly number[];
  /** The width of the decoder's layers, and of its word embeddings. */
  readonly hidden: number;
  readonly wordWidth: number;
  /** One map for all vectors, which are then of one width. */
  readonly shared: boolean;
  /** Soft prompt tokens. */
  readonly prompt: number;
  /** Whether the soft prompt goes through a network of two layers. */
  readonly promptNetwork: boolean;
  /** Whether visual tokens are brought to root mean square 1 and then scaled (DePALM). */
  readonly tokenNorm: boolean;
}

/** A layer of an encoder, by the encoder's name and digest. */
export interface FeatureSource {
  readonly encoder: string;
  readonly sha256: string;
  readonly dimension: number;
}

/** Which tokens of a text count when it is trained on: what follows the prompt, or all. */
export type LossScope = "answer" | "all";

/** How an adapter came to be. Losses are means over tokens, in nats. */
export interface TrainingRecord {
  readonly rows: number;
  readonly validationRows: number;
  /** Of the rows and their features. */
  readonly sha256: string;
  readonly seed: number;
  readonly batch: number;
  /** Epochs and steps that were taken. */
  readonly epochs: number;
  readonly steps: number;
  readonly rates: { readonly connection: number; readonly prompt: number };
  readonly curve: readonly EpochLoss[];
  /** Whose tensors were kept. */
  readonly best: { readonly epoch: number; readonly loss: number };
}

export interface EpochLoss {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  /** null where there are no rows to validate on. */
  readonly validation: number | null;
}

export interface AdapterSettings {
  /** How visual tokens take part; null where there is a soft prompt alone. */
  readonly vision: Vision | null;
  /** The encoder's layers, the shallowest first; one a visual vector. */
  readonly features: readonly FeatureSource[];
  /** Its `features` are the widths after the frozen projection, where there is one. */
  readonly shape: AdapterShape;
  readonly decoder: { readonly id: string; readonly sha256: string };
  readonly loss: LossScope;
  /** null where it was made elsewhere. */
  readonly training: TrainingRecord | null;
}

/** What is trained, with all that its use takes. */
export interface Adapter {
  readonly settings: AdapterSettings;
  /** What is trained, and `input.*`, the frozen projection of features, where it has one. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Of the file that it is written as: the same settings and tensors have the same. */
  readonly sha256: string;
}
