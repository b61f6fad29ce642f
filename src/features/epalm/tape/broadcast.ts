import type { Dimension, Graph, Value } from "../../../onnx/graph.ts";

/** The shape of an operation on elements of both. */
export const broadcast = (a: readonly Dimension[], b: readonly Dimension[]): Dimension[] => {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new RangeError(`shapes [${a.join(", ")}] and [${b.join(", ")}] do not go together`);
  });
};

/** Sums a gradient over what a tensor of shape `to` was repeated along to come to shape `from`. */
export const unbroadcast = (
  graph: Graph,
  gradient: Value,
  from: readonly Dimension[],
  to: readonly Dimension[],
): Value => {
  const lead = from.length - to.length;
  const leading = Array.from({ length: lead }, (_, i) => i);
  const repeated = to.flatMap((size, i) => (size === 1 && from[i + lead] !== 1 ? [i + lead] : []));
  const summed = repeated.length === 0 ? gradient : reduceSum(graph, gradient, repeated, true);
  return leading.length === 0 ? summed : reduceSum(graph, summed, leading, false);
};

export const reduceSum = (graph: Graph, value: Value, axes: readonly number[], keep: boolean): Value =>
  graph.node("ReduceSum", [value, graph.ints([axes.length], axes)], { keepdims: { int: keep ? 1 : 0 } });
