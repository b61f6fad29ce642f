/** Row-major numbers with their shape. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Tensors = Map<string, NamedTensor>;

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
