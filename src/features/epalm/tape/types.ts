import type { Dimension, Graph, Value } from "../../../onnx/graph.ts";

/** A float32 value of a graph with what is known of its shape; a named size is one that is known at run time. */
export interface Tensor {
  readonly value: Value;
  readonly shape: readonly Dimension[];
  /** Whether a gradient flows through it. */
  readonly live: boolean;
}

/**
 * Builds a graph and remembers how, so that gradients can be appended to it (reverse mode). Only what depends on a
 * `variable` is remembered; the rest costs nothing.
 */
export interface Tape {
  readonly graph: Graph;
  /** Tensors that gradients can be taken of. */
  readonly variable: (value: Value, shape: readonly Dimension[]) => Tensor;
  /** What no gradient flows into. */
  readonly constant: (value: Value, shape: readonly Dimension[]) => Tensor;
  /** Sum, with broadcasting. */
  readonly add: (a: Tensor, b: Tensor) => Tensor;
  /** Product of elements, with broadcasting. */
  readonly multiply: (a: Tensor, b: Tensor) => Tensor;
  readonly scale: (a: Tensor, factor: number) => Tensor;
  /** `[.., m, k] x [.., k, n]`; a second operand of two dimensions serves every matrix of the first. */
  readonly matmul: (a: Tensor, b: Tensor) => Tensor;
  readonly relu: (a: Tensor) => Tensor;
  readonly tanh: (a: Tensor) => Tensor;
  /** Over the last dimension. */
  readonly softmax: (a: Tensor) => Tensor;
  /** Over the last dimension, whose size must be known. */
  readonly layerNorm: (a: Tensor, gain: Tensor, bias: Tensor, epsilon: number) => Tensor;
  readonly transpose: (a: Tensor, order: readonly number[]) => Tensor;
  /** One size at most may be new and only known at run time. */
  readonly reshape: (a: Tensor, shape: readonly Dimension[]) => Tensor;
  readonly concat: (parts: readonly Tensor[], axis: number) => Tensor;
  /** From `first` up to the end of the axis, or up to `end`. */
  readonly slice: (a: Tensor, axis: number, first: number, end?: number) => Tensor;
  /** Rows of a table `[rows, d]` by int64 indices of any shape. */
  readonly gather: (table: Tensor, indices: Value, shape: readonly Dimension[]) => Tensor;
  /**
   * Of each row of a batch the sum of `-log softmax(logits)[target]` over its places, `[batch]`.
   *
   * @param logits `[batch, places, classes]`, the number of classes known
   * @param targets int64 `[batch, places]`; a negative one is left out
   */
  readonly crossEntropy: (logits: Tensor, targets: Value) => Tensor;
  /** The gradients of the sum of `of` with respect to each of `by`, which are variables; appended to the graph. */
  readonly gradients: (of: Tensor, by: readonly Tensor[]) => Value[];
}
