import type { Dimension, Graph, Value } from "../../../onnx/graph.ts";
import { broadcast, reduceSum, unbroadcast } from "./broadcast.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { layerNorm } from "./layer-norm.ts";
import { createRecord, type Record } from "./record.ts";
import { concat, gather, reshape, slice, transposeTensor } from "./shapes.ts";
import type { Tape, Tensor } from "./types.ts";

/**
 * Starts a tape over a graph.
 *
 * @example
 * const tape = createTape(graph);
 * const x = tape.variable(graph.input("x", "float32", ["n", 4]), ["n", 4]);
 * const y = tape.relu(tape.matmul(x, weights));
 * const [dx] = tape.gradients(y, [x]);
 */
export const createTape = (graph: Graph): Tape => {
  const record = createRecord(graph);
  return {
    graph,
    variable: (value, shape) => ({ value, shape, live: true }),
    constant: (value, shape) => ({ value, shape, live: false }),
    add: (a, b) => add(graph, record, a, b),
    multiply: (a, b) => multiply(graph, record, a, b),
    scale: (a, factor) => multiply(graph, record, a, constantOf(graph, factor)),
    matmul: (a, b) => matmul(graph, record, a, b),
    relu: (a) => relu(graph, record, a),
    tanh: (a) => tanh(graph, record, a),
    softmax: (a) => softmax(graph, record, a),
    layerNorm: (a, gain, bias, epsilon) => layerNorm(graph, record, { a, gain, bias, epsilon }),
    transpose: (a, order) => transposeTensor(graph, record, a, order),
    reshape: (a, shape) => reshape(graph, record, a, shape),
    concat: (parts, axis) => concat(graph, record, parts, axis),
    slice: (a, axis, first, end) => slice(graph, record, { a, axis, first, end }),
    gather: (table, indices, shape) => gather(graph, record, table, { value: indices, shape }),
    crossEntropy: (logits, targets) => crossEntropy(graph, record, logits, targets),
    gradients: record.gradients,
  };
};

const constantOf = (graph: Graph, value: number): Tensor => ({
  value: graph.floats([1], [value]),
  shape: [1],
  live: false,
});

const add = (graph: Graph, record: Record, a: Tensor, b: Tensor): Tensor => {
  const shape = broadcast(a.shape, b.shape);
  return record(graph.node("Add", [a.value, b.value]), shape, [a, b], (gradient) => [
    () => unbroadcast(graph, gradient, shape, a.shape),
    () => unbroadcast(graph, gradient, shape, b.shape),
  ]);
};

const multiply = (graph: Graph, record: Record, a: Tensor, b: Tensor): Tensor => {
  const shape = broadcast(a.shape, b.shape);
  return record(graph.node("Mul", [a.value, b.value]), shape, [a, b], (gradient) => [
    () => unbroadcast(graph, graph.node("Mul", [gradient, b.value]), shape, a.shape),
    () => unbroadcast(graph, graph.node("Mul", [gradient, a.value]), shape, b.shape),
  ]);
};

const matmul = (graph: Graph, record: Record, a: Tensor, b: Tensor): Tensor => {
  const [rows = 1, inner = 1] = a.shape.slice(-2);
  const [height, columns = 1] = b.shape.slice(-2);
  if (inner !== height)
    throw new RangeError(`[${a.shape.join(", ")}] and [${b.shape.join(", ")}] cannot be multiplied`);
  const isShared = b.shape.length === 2 && a.shape.length > 2;
  const lead = isShared ? a.shape.slice(0, -2) : broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...lead, rows, columns];
  return record(graph.node("MatMul", [a.value, b.value]), shape, [a, b], (gradient) => [
    () => {
      const own = graph.node("MatMul", [gradient, swapped(graph, b)]);
      return isShared ? own : unbroadcast(graph, own, [...lead, rows, inner], a.shape);
    },
    () => {
      if (isShared) {
        const flat = (value: Value, width: Dimension): Value =>
          graph.node("Reshape", [value, graph.ints([2], [-1, sizeOf(width)])]);
        const left = graph.node("Transpose", [flat(a.value, inner)], { perm: { ints: [1, 0] } });
        return graph.node("MatMul", [left, flat(gradient, columns)]);
      }
      const own = graph.node("MatMul", [swapped(graph, a), gradient]);
      return unbroadcast(graph, own, [...lead, inner, columns], b.shape);
    },
  ]);
};

const sizeOf = (dimension: Dimension): number => {
  if (typeof dimension === "number") return dimension;
  throw new RangeError(`the size "${dimension}" must be known before it is run`);
};

/** With its last two dimensions exchanged. */
const swapped = (graph: Graph, { value, shape }: Tensor): Value => {
  const order = shape.map((_, i) => i);
  const last = order.length - 1;
  return graph.node("Transpose", [value], { perm: { ints: [...order.slice(0, -2), last, last - 1] } });
};

const relu = (graph: Graph, record: Record, a: Tensor): Tensor => {
  const result = graph.node("Relu", [a.value]);
  return record(result, a.shape, [a], (gradient) => [
    () => graph.node("Mul", [gradient, graph.node("Sign", [result])]),
  ]);
};

const tanh = (graph: Graph, record: Record, a: Tensor): Tensor => {
  const result = graph.node("Tanh", [a.value]);
  return record(result, a.shape, [a], (gradient) => [
    () => {
      const square = graph.node("Mul", [result, result]);
      return graph.node("Mul", [gradient, graph.node("Sub", [graph.floats([1], [1]), square])]);
    },
  ]);
};

const softmax = (graph: Graph, record: Record, a: Tensor): Tensor => {
  const result = graph.node("Softmax", [a.value], { axis: { int: -1 } });
  return record(result, a.shape, [a], (gradient) => [
    () => {
      const product = graph.node("Mul", [gradient, result]);
      const sum = reduceSum(graph, product, [a.shape.length - 1], true);
      return graph.node("Sub", [product, graph.node("Mul", [result, sum])]);
    },
  ]);
};
