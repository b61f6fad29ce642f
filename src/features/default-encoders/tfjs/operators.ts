import type { Graph, Value } from "../../../onnx/graph.ts";
import { unsupportedGraph } from "./faults.ts";
import type { GraphNode } from "./graph-topology.ts";
import type { Weight } from "./weights.ts";

/** The context for translating one TensorFlow node to ONNX. */
export interface Emission {
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly inputs: readonly Value[];
  /** The node that produces an input of this node, or of `of`. */
  readonly source: (index: number, of?: GraphNode) => GraphNode;
  /** The weight of an input that must be a constant. */
  readonly weight: (index: number, of?: GraphNode) => Weight;
}

type Emit = (emission: Emission) => Value | Value[];

const refused = (node: GraphNode, why: string) =>
  unsupportedGraph(`node "${node.name}" (${node.op}) ${why}, which cannot be imported`);

const at = ({ node, inputs }: Emission, index: number): Value => {
  const input = inputs[index];
  if (input === undefined) throw unsupportedGraph(`node "${node.name}" has no input ${index}`);
  return input;
};

const constant = ({ weight }: Emission, index: number): number[] => Array.from(weight(index).values);

const vector = (graph: Graph, values: readonly number[]): Value => graph.ints([values.length], values);

/** An operator that exists in ONNX under another name. */
const rename =
  (operator: string): Emit =>
  ({ graph, inputs }) =>
    graph.node(operator, inputs);

/** A reduction with constant axes. In operator set 17 axes are an input of ReduceSum and an attribute of the others. */
const reduce =
  (operator: string): Emit =>
  (emission) => {
    const { graph, node } = emission;
    const keepdims = { int: node.attr.keep_dims?.b === true ? 1 : 0 };
    const axes = constant(emission, 1);
    return operator === "ReduceSum"
      ? graph.node(operator, [at(emission, 0), vector(graph, axes)], { keepdims })
      : graph.node(operator, [at(emission, 0)], { keepdims, axes: { ints: axes } });
  };

const stridedSlice: Emit = (emission) => {
  const { graph, node } = emission;
  const mask = (name: string): number => node.attr[name]?.i ?? 0;
  if (mask("ellipsis_mask") !== 0 || mask("new_axis_mask") !== 0) {
    throw refused(node, "slices with an ellipsis or a new axis");
  }
  const strides = constant(emission, 3);
  if (strides.some((stride) => stride < 1)) throw refused(node, "slices backwards");
  const isSet = (name: string, axis: number): boolean => ((mask(name) >> axis) & 1) === 1;
  const begin = constant(emission, 1).map((from, axis) => (isSet("begin_mask", axis) ? 0 : from));
  const axes = begin.map((_, axis) => axis);
  const shrunk = axes.filter((axis) => isSet("shrink_axis_mask", axis));
  const end = constant(emission, 2).map((to, axis) => {
    const from = begin[axis] ?? 0;
    if (shrunk.includes(axis)) return from === -1 ? Number.MAX_SAFE_INTEGER : from + 1;
    return isSet("end_mask", axis) ? Number.MAX_SAFE_INTEGER : to;
  });
  const sliced = graph.node("Slice", [
    at(emission, 0),
    vector(graph, begin),
    vector(graph, end),
    vector(graph, axes),
    vector(graph, strides),
  ]);
  return shrunk.length === 0 ? sliced : graph.node("Squeeze", [sliced, vector(graph, shrunk)]);
};

const slice: Emit = (emission) => {
  const { graph, node } = emission;
  if (constant(emission, 2).some((size) => size < 0)) throw refused(node, "slices to the end by size -1");
  const begin = at(emission, 1);
  return graph.node("Slice", [at(emission, 0), begin, graph.node("Add", [begin, at(emission, 2)])]);
};

/** ONNX types by TensorFlow's type number or name; all integers become int64. */
const CAST_TYPES: ReadonlyMap<number | string | undefined, number> = new Map<number | string, number>([
  [1, 1],
  ["DT_FLOAT", 1],
  [3, 7],
  ["DT_INT32", 7],
  [9, 7],
  ["DT_INT64", 7],
  [10, 9],
  ["DT_BOOL", 9],
]);

const cast: Emit = (emission) => {
  const { graph, node } = emission;
  const type = node.attr.DstT?.type;
  const to = CAST_TYPES.get(type);
  if (to === undefined) throw refused(node, `casts to the type ${type ?? "of no name"}`);
  return graph.node("Cast", [at(emission, 0)], { to: { int: to } });
};

const matMul: Emit = (emission) => {
  const { graph, node } = emission;
  const transposes = ["transpose_a", "transpose_b", "adj_x"].filter((key) => node.attr[key]?.b === true);
  if (transposes.length > 0) throw refused(node, `asks for ${transposes.join(", ")}`);
  const right = at(emission, 1);
  if (node.attr.adj_y?.b !== true) return graph.node("MatMul", [at(emission, 0), right]);
  const axes = Array.from({ length: rankOf(emission, 1) }, (_, axis) => axis);
  const perm = { ints: [...axes.slice(0, -2), ...axes.slice(-2).reverse()] };
  return graph.node("MatMul", [at(emission, 0), graph.node("Transpose", [right], { perm })]);
};

/** The rank of an input, if the node that produces it determines the rank. */
const rankOf = ({ node, source, weight }: Emission, index: number): number => {
  const maker = source(index);
  if (maker.op === "Const") return weight(index).shape.length;
  if (maker.op === "Transpose") return weight(1, maker).values.length;
  throw refused(node, `transposes input ${index}, whose rank is not known`);
};

/** A 1 x 1 convolution, as a matrix product over the last axis of NHWC. */
const convolution: Emit = (emission) => {
  const { graph, node, weight } = emission;
  const [height, width] = weight(1).shape;
  if (height !== 1 || width !== 1) throw refused(node, `has a kernel of ${height} x ${width}`);
  for (const name of ["strides", "dilations"]) {
    if (node.attr[name]?.list?.i?.some((step) => step !== 1)) throw refused(node, `has ${name} other than 1`);
  }
  const format = textOf(node, "data_format");
  if (format !== undefined && format !== "NHWC") throw refused(node, `has the data format ${format}`);
  const matrix = graph.node("Squeeze", [at(emission, 1), graph.ints([2], [0, 1])]);
  return graph.node("MatMul", [at(emission, 0), matrix]);
};

const textOf = (node: GraphNode, attribute: string): string | undefined => {
  const text = node.attr[attribute]?.s;
  if (text === undefined) return undefined;
  return (typeof text === "string" ? Buffer.from(text, "base64") : Buffer.from(text)).toString();
};

const scatter = (graph: Graph, shape: Value, fill: Value, indices: Value, updates: Value): Value =>
  graph.node("ScatterND", [graph.node("Expand", [fill, shape]), indices, updates]);

/** TensorFlow adds up duplicate indices and ONNX keeps the last; both agree if indices are unique, as from `Where`. */
const scatterNd: Emit = (emission) => {
  const { graph, node, source } = emission;
  let maker = source(0);
  while (maker.op === "Cast" || maker.op === "Identity") maker = source(0, maker);
  if (maker.op !== "Where") throw refused(node, "scatters by indices that may be the same");
  return scatter(graph, at(emission, 2), graph.floats([1], [0]), at(emission, 0), at(emission, 1));
};

/** Translations by TensorFlow operator name. */
export const OPERATORS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ["Add", rename("Add")],
  ["AddV2", rename("Add")],
  ["BiasAdd", rename("Add")],
  ["Sub", rename("Sub")],
  ["Mul", rename("Mul")],
  ["RealDiv", rename("Div")],
  ["Maximum", rename("Max")],
  ["Less", rename("Less")],
  ["Greater", rename("Greater")],
  ["LogicalNot", rename("Not")],
  ["Relu", rename("Relu")],
  ["Tanh", rename("Tanh")],
  ["Sin", rename("Sin")],
  ["Cos", rename("Cos")],
  ["Range", rename("Range")],
  ["GatherNd", rename("GatherND")],
  ["Reshape", rename("Reshape")],
  ["Shape", rename("Shape")],
  ["Mean", reduce("ReduceMean")],
  ["Sum", reduce("ReduceSum")],
  ["Max", reduce("ReduceMax")],
  ["Prod", reduce("ReduceProd")],
  ["Cast", cast],
  ["MatMul", matMul],
  ["BatchMatMul", matMul],
  ["Conv2D", convolution],
  ["StridedSlice", stridedSlice],
  ["Slice", slice],
  ["ScatterNd", scatterNd],
  ["Identity", (emission) => at(emission, 0)],
  ["Square", (emission) => emission.graph.node("Mul", [at(emission, 0), at(emission, 0)])],
  [
    "Rsqrt",
    (emission) => emission.graph.node("Reciprocal", [emission.graph.node("Sqrt", [at(emission, 0)])]),
  ],
  ["Softmax", ({ graph, inputs }) => graph.node("Softmax", inputs, { axis: { int: -1 } })],
  [
    "ConcatV2",
    (emission) => {
      const last = emission.inputs.length - 1;
      const [axis = 0] = constant(emission, last);
      return emission.graph.node("Concat", emission.inputs.slice(0, last), { axis: { int: axis } });
    },
  ],
  [
    "ExpandDims",
    (emission) =>
      emission.graph.node("Unsqueeze", [
        at(emission, 0),
        vector(emission.graph, constant(emission, 1).slice(0, 1)),
      ]),
  ],
  [
    "Squeeze",
    (emission) => {
      const { graph, node } = emission;
      const axes = node.attr.squeeze_dims?.list?.i ?? [];
      if (axes.length === 0) throw refused(node, "names no axis to squeeze");
      return graph.node("Squeeze", [at(emission, 0), vector(graph, axes)]);
    },
  ],
  [
    "Pack",
    ({ graph, node, inputs }) => {
      const axis = node.attr.axis?.i ?? 0;
      const rows = inputs.map((input) => graph.node("Unsqueeze", [input, vector(graph, [axis])]));
      return graph.node("Concat", rows, { axis: { int: axis } });
    },
  ],
  [
    "GatherV2",
    (emission) => {
      const { graph, node, inputs } = emission;
      if ((node.attr.batch_dims?.i ?? 0) !== 0) throw refused(node, "gathers by batches");
      const [axis = 0] = constant(emission, 2);
      return graph.node("Gather", inputs.slice(0, 2), { axis: { int: axis } });
    },
  ],
  [
    "Transpose",
    (emission) =>
      emission.graph.node("Transpose", [at(emission, 0)], { perm: { ints: constant(emission, 1) } }),
  ],
  [
    "SplitV",
    (emission) => {
      const { graph } = emission;
      const sizes = constant(emission, 1);
      if (sizes.some((size) => size < 0)) throw refused(emission.node, "leaves a size open");
      const [axis = 0] = constant(emission, 2);
      return graph.nodes("Split", [at(emission, 0), vector(graph, sizes)], sizes.length, {
        axis: { int: axis },
      });
    },
  ],
  // TensorFlow returns the indices of true elements as rows, ONNX as columns.
  [
    "Where",
    ({ graph, inputs }) =>
      graph.node("Transpose", [graph.node("NonZero", inputs)], { perm: { ints: [1, 0] } }),
  ],
  [
    "SparseToDense",
    (emission) => scatter(emission.graph, at(emission, 1), at(emission, 3), at(emission, 0), at(emission, 2)),
  ],
]);
