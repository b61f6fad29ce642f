import type { Graph, Value } from "../../../onnx/graph.ts";
import { unsupportedGraph } from "./faults.ts";
import type { GraphNode, GraphTopology } from "./graph-topology.ts";
import { OPERATORS } from "./operators.ts";
import type { Weight } from "./weights.ts";

/**
 * Imports a TensorFlow graph: appends the nodes between `inputs` and `outputs` to `graph`. All TensorFlow integers become
 * int64, which ONNX requires for shapes and indices.
 *
 * @param weights from {@link readWeights}
 * @param inputs values by placeholder name
 * @param outputs names of TensorFlow nodes
 * @returns the values of `outputs`, in order
 * @throws AnchorageError `unsupported-model` with the name of a node whose operator, or use of it, is not supported
 * @example
 * ```ts
 * const x = graph.input("x", "float32", ["n", 8]);
 * const [y = ""] = appendGraph(graph, topology, weights, new Map([["placeholder", x]]), ["model/output"]);
 * graph.output("y", y, "float32", ["n", 2]);
 * ```
 */
export const appendGraph = (
  graph: Graph,
  topology: GraphTopology,
  weights: ReadonlyMap<string, Weight>,
  inputs: ReadonlyMap<string, Value>,
  outputs: readonly string[],
): Value[] => {
  const nodes = new Map(topology.node.map((node) => [node.name, node]));
  const done = new Map<string, readonly Value[]>();

  const nodeOf = (name: string): GraphNode => {
    const node = nodes.get(name);
    if (node === undefined) throw unsupportedGraph(`there is no node "${name}"`);
    return node;
  };

  const weightOf = (node: GraphNode): Weight => {
    const weight = node.op === "Const" ? weights.get(node.name) : undefined;
    if (weight === undefined) throw unsupportedGraph(`node "${node.name}" is expected to be a constant`);
    return weight;
  };

  const build = (node: GraphNode): readonly Value[] => {
    if (node.op === "Placeholder") {
      const input = inputs.get(node.name);
      if (input === undefined) throw unsupportedGraph(`its input "${node.name}" is not fed`);
      return [input];
    }
    if (node.op === "Const") {
      const { shape, dtype, values } = weightOf(node);
      return [dtype === "float32" ? graph.floats(shape, values) : graph.ints(shape, Array.from(values))];
    }
    const emit = OPERATORS.get(node.op);
    if (emit === undefined) {
      throw unsupportedGraph(`node "${node.name}" has the operator ${node.op}, which cannot be imported`);
    }
    const result = emit({
      graph,
      node,
      inputs: references(node).map(valueOf),
      source,
      weight: (index, of = node) => weightOf(source(index, of)),
    });
    return typeof result === "string" ? [result] : result;

    function source(index: number, of = node): GraphNode {
      const reference = references(of)[index];
      if (reference === undefined) throw unsupportedGraph(`node "${of.name}" has no input ${index}`);
      return nodeOf(nameOf(reference));
    }
  };

  const valueOf = (reference: string): Value => {
    const name = nameOf(reference);
    const index = Number(reference.split(":")[1] ?? 0);
    let values = done.get(name);
    if (values === undefined) {
      values = build(nodeOf(name));
      done.set(name, values);
    }
    const value = values[index];
    if (value === undefined) throw unsupportedGraph(`node "${name}" has no output ${index}`);
    return value;
  };

  return outputs.map(valueOf);
};

const nameOf = (reference: string): string => reference.split(":")[0] ?? reference;

/** A node's data inputs, without control dependencies (`^name`). */
const references = (node: GraphNode): string[] =>
  node.input.filter((reference) => !reference.startsWith("^"));
