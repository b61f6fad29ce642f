/** A row-major float32 tensor. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by name, in file order. */
export type Tensors = Map<string, NamedTensor>;
