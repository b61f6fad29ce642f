import type { Graph, Value } from "../../../onnx/graph.ts";
import { unbroadcast } from "./broadcast.ts";
import type { Record } from "./record.ts";
import type { Tensor } from "./types.ts";

/** Mean 0 and deviation 1 over the last dimension, then gain and bias (Ba et al., arXiv 1607.06450). */
export const layerNorm = (
  graph: Graph,
  record: Record,
  { a, gain, bias, epsilon }: { a: Tensor; gain: Tensor; bias: Tensor; epsilon: number },
): Tensor => {
  const [result = "", mean = "", inverse = ""] = graph.nodes(
    "LayerNormalization",
    [a.value, gain.value, bias.value],
    3,
    { axis: { int: -1 }, epsilon: { float: epsilon } },
  );
  const axis = a.shape.length - 1;
  const meanOf = (value: Value): Value =>
    graph.node("ReduceMean", [value], { axes: { ints: [axis] }, keepdims: { int: 1 } });
  const standardised = (): Value => graph.node("Mul", [graph.node("Sub", [a.value, mean]), inverse]);
  return record(result, a.shape, [a, gain, bias], (gradient) => [
    () => {
      const shown = standardised();
      const slope = graph.node("Mul", [gradient, gain.value]);
      const along = graph.node("Mul", [shown, meanOf(graph.node("Mul", [slope, shown]))]);
      const centred = graph.node("Sub", [graph.node("Sub", [slope, meanOf(slope)]), along]);
      return graph.node("Mul", [centred, inverse]);
    },
    () => unbroadcast(graph, graph.node("Mul", [gradient, standardised()]), a.shape, gain.shape),
    () => unbroadcast(graph, gradient, a.shape, bias.shape),
  ]);
};
