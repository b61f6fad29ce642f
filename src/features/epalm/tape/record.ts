import type { Dimension, Graph, Value } from "../../../onnx/graph.ts";
import type { Tape, Tensor } from "./types.ts";

/** Computes each operand's gradient from the result's, for live operands only. */
type Backward = (gradient: Value) => readonly (() => Value)[];

export interface Record {
  /** Remembers how a value was made, where any operand is live. */
  (value: Value, shape: readonly Dimension[], operands: readonly Tensor[], backward: Backward): Tensor;
  readonly gradients: Tape["gradients"];
}

interface Step {
  readonly result: Value;
  readonly operands: readonly Tensor[];
  readonly backward: Backward;
}

export const createRecord = (graph: Graph): Record => {
  const steps: Step[] = [];
  const remember = (
    value: Value,
    shape: readonly Dimension[],
    operands: readonly Tensor[],
    backward: Backward,
  ): Tensor => {
    const live = operands.some((operand) => operand.live);
    if (live) steps.push({ result: value, operands, backward });
    return { value, shape, live };
  };

  const gradients: Tape["gradients"] = (of, by) => {
    const seed = graph.node("ConstantOfShape", [graph.node("Shape", [of.value])], { value: { tensor: 1 } });
    const found = new Map<Value, Value>([[of.value, seed]]);
    // Backwards, every gradient is whole when its step is reached: all uses of a value come after it.
    for (const { result, operands, backward } of steps.toReversed()) {
      const gradient = found.get(result);
      if (gradient === undefined) continue;
      const parts = backward(gradient);
      operands.forEach((operand, i) => {
        const part = operand.live ? parts[i]?.() : undefined;
        if (part === undefined) return;
        const known = found.get(operand.value);
        found.set(operand.value, known === undefined ? part : graph.node("Add", [known, part]));
      });
    }
    return by.map(
      (variable) => found.get(variable.value) ?? graph.node("Mul", [variable.value, graph.floats([1], [0])]),
    );
  };
  return Object.assign(remember, { gradients });
};
