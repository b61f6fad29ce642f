/** Row-major numbers with their shape. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by name, in the order of the file that holds them. */
export type Tensors = Map<string, NamedTensor>;
