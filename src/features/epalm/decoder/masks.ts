import type { Dimension, Graph, Value } from "../../../onnx/index.ts";
import { plus, type Tape, type Tensor } from "../tape/index.ts";

/** Added where nothing may be seen: far below any score, yet finite, so that a row that sees nothing is no NaN. */
const HIDDEN = -1e9;
const FLOAT = 1;

/**
 * What each place of `[prefix, text]` may see of it, as numbers to be added to attention scores: itself and what came
 * before, without padding. `[batch, 1, places, places]`
 *
 * @param textMask int64 `[batch, length]`, 0 for padding
 */
export const causalMask = (tape: Tape, textMask: Value, prefix: number): Tensor => {
  const { graph } = tape;
  const seen = keysSeen(graph, textMask, prefix);
  const places = graph.node("Gather", [graph.node("Shape", [seen]), graph.ints([1], [1])], {
    axis: { int: 0 },
  });
  const square = graph.node("Concat", [places, places], { axis: { int: 0 } });
  const ones = graph.node("ConstantOfShape", [square], { value: { tensor: 1 } });
  const before = graph.node("Trilu", [ones], { upper: { int: 0 } });
  const keys = graph.node("Unsqueeze", [seen, graph.ints([2], [1, 2])]);
  const size = plus(prefix, "length");
  return tape.constant(added(graph, graph.node("Mul", [before, keys])), ["batch", 1, size, size]);
};

/**
 * The same for one more place behind everything: `[batch, 1, 1, places]`.
 *
 * @param columns what the number of places is called
 */
export const stepMask = (tape: Tape, textMask: Value, prefix: number, columns: Dimension): Tensor => {
  const { graph } = tape;
  const keys = graph.node("Unsqueeze", [keysSeen(graph, textMask, prefix), graph.ints([2], [1, 2])]);
  return tape.constant(added(graph, keys), ["batch", 1, 1, columns]);
};

/**
 * The mask with `count` visual places in front, which everything sees. They themselves see everything where `legacy`, as
 * in the authors' code, and else each other only.
 */
export const withVisual = (tape: Tape, mask: Tensor, count: number, legacy: boolean): Tensor => {
  const { graph } = tape;
  const [batch = 1, , rows = 1, columns = 1] = mask.shape;
  const padded = (value: Value, pads: readonly number[], by: number): Value =>
    graph.node("Pad", [value, graph.ints([8], pads), graph.floats([], [by])]);
  const left = padded(mask.value, [0, 0, 0, count, 0, 0, 0, 0], 0);
  if (rows === 1) return tape.constant(left, [batch, 1, 1, plus(columns, count)]);
  const whole = padded(left, [0, 0, count, 0, 0, 0, 0, 0], 0);
  const shape = [batch, 1, plus(rows, count), plus(columns, count)];
  if (legacy) return tape.constant(whole, shape);
  const width = graph.node("Gather", [graph.node("Shape", [left]), graph.ints([1], [3])], {
    axis: { int: 0 },
  });
  const rest = graph.node("Sub", [width, graph.ints([1], [count])]);
  const lone = graph.node(
    "ConstantOfShape",
    [graph.node("Concat", [graph.ints([3], [1, 1, count]), rest], { axis: { int: 0 } })],
    { value: { tensor: HIDDEN } },
  );
  const front = padded(lone, [0, 0, 0, count, 0, 0, 0, 0], 0);
  const rowsOfAll = graph.node("Mul", [
    graph.node("Slice", [left, graph.ints([1], [0]), graph.ints([1], [1]), graph.ints([1], [2])]),
    graph.floats([1], [0]),
  ]);
  const top = graph.node("Add", [rowsOfAll, front]);
  return tape.constant(graph.node("Concat", [top, left], { axis: { int: 2 } }), shape);
};

/** 1 where a place may be seen, 0 for padding: `[batch, prefix + length]`. */
const keysSeen = (graph: Graph, textMask: Value, prefix: number): Value => {
  const text = graph.node("Cast", [textMask], { to: { int: FLOAT } });
  return graph.node("Pad", [text, graph.ints([4], [0, prefix, 0, 0]), graph.floats([], [1])]);
};

const added = (graph: Graph, seen: Value): Value =>
  graph.node("Mul", [graph.node("Sub", [graph.floats([1], [1]), seen]), graph.floats([1], [HIDDEN])]);
