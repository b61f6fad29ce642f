import type { Dimension, Graph, Value } from "../../../onnx/graph.ts";
import type { Record } from "./record.ts";
import { minus, plus } from "./sizes.ts";
import type { Tensor } from "./types.ts";

/** What ONNX takes for the end of an axis. */
const END = Number.MAX_SAFE_INTEGER;

export const transposeTensor = (
  graph: Graph,
  record: Record,
  a: Tensor,
  order: readonly number[],
): Tensor => {
  const shape = order.map((axis) => a.shape[axis] ?? 1);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const permuted = (value: Value, by: readonly number[]): Value =>
    graph.node("Transpose", [value], { perm: { ints: by } });
  return record(permuted(a.value, order), shape, [a], (gradient) => [() => permuted(gradient, inverse)]);
};

/**
 * Sizes that are known at run time must stand where they stood, before everything that changes, or be the one that
 * follows from the others.
 */
export const reshape = (graph: Graph, record: Record, a: Tensor, shape: readonly Dimension[]): Tensor => {
  const to = (value: Value, from: readonly Dimension[], target: readonly Dimension[]): Value =>
    graph.node("Reshape", [value, graph.ints([target.length], sizesOf(from, target))]);
  return record(to(a.value, a.shape, shape), shape, [a], (gradient) => [() => to(gradient, shape, a.shape)]);
};

/** 0 takes the size that stands there, -1 what is left. */
const sizesOf = (from: readonly Dimension[], to: readonly Dimension[]): number[] => {
  const sizes = to.map((size, i) => (typeof size === "number" ? size : from[i] === size ? 0 : -1));
  if (sizes.filter((size) => size === -1).length > 1)
    throw new RangeError(`[${from.join(", ")}] cannot be made [${to.join(", ")}]: two sizes are not known`);
  return sizes;
};

export const concat = (graph: Graph, record: Record, parts: readonly Tensor[], axis: number): Tensor => {
  const shape = [...(parts[0]?.shape ?? [])];
  const sizes = parts.map((part) => part.shape[axis] ?? 1);
  shape[axis] = plus(...sizes);
  const result = graph.node(
    "Concat",
    parts.map(({ value }) => value),
    { axis: { int: axis } },
  );
  return record(result, shape, parts, (gradient) =>
    sizes.map((_, i) => () => {
      const [before, after] = [sizes.slice(0, i), sizes.slice(i + 1)];
      // From the front where what comes before is known, else from the back.
      const first = known(before) ?? -need([...sizes.slice(i)]);
      const end = known([...before, sizes[i] ?? 1]) ?? (after.length === 0 ? END : -need(after));
      return sliced(graph, gradient, axis, first, end);
    }),
  );
};

const known = (sizes: readonly Dimension[]): number | undefined => {
  const sum = plus(...sizes);
  return typeof sum === "number" ? sum : undefined;
};

const need = (sizes: readonly Dimension[]): number => {
  const sum = known(sizes);
  if (sum === undefined) throw new RangeError("two parts of one concatenation have sizes that are not known");
  return sum;
};

export const slice = (
  graph: Graph,
  record: Record,
  { a, axis, first, end }: { a: Tensor; axis: number; first: number; end: number | undefined },
): Tensor => {
  const size = a.shape[axis] ?? 1;
  const shape = [...a.shape];
  shape[axis] = end === undefined ? minus(size, first) : end - first;
  const result = sliced(graph, a.value, axis, first, end ?? END);
  return record(result, shape, [a], (gradient) => [
    () => {
      const rest = (from: number, to: number): Value =>
        graph.node("Mul", [sliced(graph, a.value, axis, from, to), graph.floats([1], [0])]);
      const parts = [
        ...(first === 0 ? [] : [rest(0, first)]),
        gradient,
        ...(end === undefined || end === size ? [] : [rest(end, END)]),
      ];
      return parts.length === 1 ? gradient : graph.node("Concat", parts, { axis: { int: axis } });
    },
  ]);
};

const sliced = (graph: Graph, value: Value, axis: number, first: number, end: number): Value =>
  graph.node("Slice", [value, graph.ints([1], [first]), graph.ints([1], [end]), graph.ints([1], [axis])]);

export const gather = (
  graph: Graph,
  record: Record,
  table: Tensor,
  indices: { readonly value: Value; readonly shape: readonly Dimension[] },
): Tensor => {
  const [, width = 1] = table.shape;
  const result = graph.node("Gather", [table.value, indices.value], { axis: { int: 0 } });
  return record(result, [...indices.shape, width], [table], (gradient) => [
    () => {
      const flat = graph.node("Reshape", [indices.value, graph.ints([2], [-1, 1])]);
      const rows = graph.node("Reshape", [gradient, graph.ints([2], [-1, Number(width)])]);
      const zero = graph.node("Mul", [table.value, graph.floats([1], [0])]);
      return graph.node("ScatterND", [zero, flat, rows], { reduction: { string: "add" } });
    },
  ]);
};
