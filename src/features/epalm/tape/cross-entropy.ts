import type { Graph, Value } from "../../../onnx/graph.ts";
import { reduceSum } from "./broadcast.ts";
import type { Record } from "./record.ts";
import type { Tensor } from "./types.ts";

export const crossEntropy = (graph: Graph, record: Record, logits: Tensor, targets: Value): Tensor => {
  const [batch = 1, , classes = 1] = logits.shape;
  const zero = graph.ints([1], [0]);
  const counted = graph.node("Cast", [graph.node("GreaterOrEqual", [targets, zero])], { to: { int: 1 } });
  const hot = graph.node(
    "OneHot",
    [graph.node("Max", [targets, zero]), graph.ints([1], [Number(classes)]), graph.floats([2], [0, 1])],
    { axis: { int: -1 } },
  );
  const mask = graph.node("Unsqueeze", [counted, graph.ints([1], [2])]);
  const wanted = graph.node("Mul", [hot, mask]);
  const logs = graph.node("LogSoftmax", [logits.value], { axis: { int: -1 } });
  const loss = graph.node("Neg", [reduceSum(graph, graph.node("Mul", [logs, wanted]), [1, 2], false)]);
  return record(loss, [batch], [logits], (gradient) => [
    () => {
      const shares = graph.node("Mul", [graph.node("Exp", [logs]), mask]);
      const each = graph.node("Unsqueeze", [gradient, graph.ints([2], [1, 2])]);
      return graph.node("Mul", [graph.node("Sub", [shares, wanted]), each]);
    },
  ]);
};
