import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import type { Graph, Value } from "../graph.ts";
import type { Weight } from "./weights.ts";

const attributeSchema = z.looseObject({
  i: z.coerce.number().optional(),
  b: z.boolean().optional(),
  type: z.union([z.number(), z.string()]).optional(),
  list: z.looseObject({ i: z.array(z.coerce.number()).optional() }).optional(),
});

const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attributeSchema).default({}),
});

/** `modelTopology` of a TensorFlow graph that was saved for TF.js. */
export const graphTopology = z.object({ node: z.array(nodeSchema) });

export type GraphTopology = z.infer<typeof graphTopology>;
type Node = z.infer<typeof nodeSchema>;

const TF_FLOAT = 1;
const TF_BOOL = 10;

interface Emission {
  readonly graph: Graph;
  readonly node: Node;
  readonly inputs: readonly Value[];
  /** The values of an input that is a constant. */
  constant(index: number): readonly number[];
}

/**
 * Appends the nodes that lead from `inputs` (by placeholder name) to `output`, and returns its value. Every integer
 * of the TensorFlow graph becomes an int64, which is what ONNX takes for shapes and indices.
 *
 * @throws AnchorageError `unsupported-model` that names a node whose operator is not known here.
 */
export const appendGraph = (
  graph: Graph,
  topology: GraphTopology,
  weights: ReadonlyMap<string, Weight>,
  inputs: ReadonlyMap<string, Value>,
  output: string,
): Value => {
  const nodes = new Map(topology.node.map((node) => [node.name, node]));
  const done = new Map<string, readonly Value[]>();

  const constantOf = (name: string): readonly number[] => {
    const weight = weights.get(name);
    if (weight === undefined) throw unsupported(`"${name}" is expected to be a constant`);
    return Array.from(weight.values);
  };

  const build = (node: Node): readonly Value[] => {
    if (node.op === "Placeholder") {
      const input = inputs.get(node.name);
      if (input === undefined) throw unsupported(`its input "${node.name}" is not fed`);
      return [input];
    }
    if (node.op === "Const") {
      const { shape, dtype, values } = weights.get(node.name) ?? missing(node.name);
      return [dtype === "float32" ? graph.floats(shape, values) : graph.ints(shape, Array.from(values))];
    }
    const emit = EMITTERS[node.op];
    if (emit === undefined) {
      throw unsupported(`node "${node.name}" has the operator ${node.op}, which cannot be imported`);
    }
    const sources = node.input.filter((source) => !source.startsWith("^"));
    const emission: Emission = {
      graph,
      node,
      inputs: sources.map(valueOf),
      constant: (index) => constantOf(nameOf(sources[index] ?? "")),
    };
    const result = emit(emission);
    return typeof result === "string" ? [result] : result;
  };

  const valueOf = (reference: string): Value => {
    const name = nameOf(reference);
    const index = Number(reference.split(":")[1] ?? 0);
    let values = done.get(name);
    if (values === undefined) {
      values = build(nodes.get(name) ?? missing(name));
      done.set(name, values);
    }
    return values[index] ?? missing(reference);
  };

  return valueOf(output);
};

const nameOf = (reference: string): string => reference.split(":")[0] ?? reference;

const missing = (name: string): never => {
  throw unsupported(`there is no node "${name}"`);
};

const unsupported = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This TensorFlow graph cannot be imported: ${what}.`);

type Emit = (emission: Emission) => Value | Value[];

const rename =
  (operator: string): Emit =>
  ({ graph, inputs }) =>
    graph.node(operator, inputs);

const at = (inputs: readonly Value[], index: number): Value => inputs[index] ?? missing(`input ${index}`);

/** A reduction whose axes are a constant: an input of ReduceSum, an attribute of the others in operator set 17. */
const reduce =
  (operator: string): Emit =>
  ({ graph, node, inputs, constant }) => {
    const keepdims = { int: node.attr["keep_dims"]?.b === true ? 1 : 0 };
    const axes = constant(1);
    return operator === "ReduceSum"
      ? graph.node(operator, [at(inputs, 0), graph.ints([axes.length], axes)], { keepdims })
      : graph.node(operator, [at(inputs, 0)], { keepdims, axes: { ints: axes } });
  };

const stridedSlice: Emit = ({ graph, node, inputs, constant }) => {
  const mask = (name: string): number => node.attr[name]?.i ?? 0;
  if (mask("ellipsis_mask") !== 0 || mask("new_axis_mask") !== 0) {
    throw unsupported(`node "${node.name}" slices with an ellipsis or a new axis`);
  }
  const bits = (value: number, i: number): boolean => ((value >> i) & 1) === 1;
  const begin = constant(1).map((from, i) => (bits(mask("begin_mask"), i) ? 0 : from));
  const shrunk = begin.flatMap((_, i) => (bits(mask("shrink_axis_mask"), i) ? [i] : []));
  const end = constant(2).map((to, i) => {
    if (shrunk.includes(i)) return (begin[i] ?? 0) + 1;
    return bits(mask("end_mask"), i) ? Number.MAX_SAFE_INTEGER : to;
  });
  const vector = (values: readonly number[]): Value => graph.ints([values.length], values);
  const axes = begin.map((_, i) => i);
  const sliced = graph.node("Slice", [
    at(inputs, 0),
    vector(begin),
    vector(end),
    vector(axes),
    vector(constant(3)),
  ]);
  return shrunk.length === 0 ? sliced : graph.node("Squeeze", [sliced, vector(shrunk)]);
};

const scatter = (graph: Graph, shape: Value, fill: Value, indices: Value, updates: Value): Value =>
  graph.node("ScatterND", [graph.node("Expand", [fill, shape]), indices, updates]);

const cast: Emit = ({ graph, node, inputs }) => {
  const target = node.attr["DstT"]?.type;
  const onnxType = target === TF_FLOAT ? 1 : target === TF_BOOL ? 9 : 7;
  return graph.node("Cast", [at(inputs, 0)], { to: { int: onnxType } });
};

const matMul: Emit = ({ graph, node, inputs }) => {
  const transposes = ["transpose_a", "transpose_b", "adj_x"].filter((key) => node.attr[key]?.b === true);
  if (transposes.length > 0) throw unsupported(`node "${node.name}" asks for ${transposes.join(", ")}`);
  const right = at(inputs, 1);
  const adjoint = node.attr["adj_y"]?.b === true;
  return graph.node("MatMul", [
    at(inputs, 0),
    adjoint ? graph.node("Transpose", [right], { perm: { ints: [0, 1, 3, 2] } }) : right,
  ]);
};

/** A convolution with a kernel of one tap is a matrix product over the last axis of NHWC. */
const convolution: Emit = ({ graph, node, inputs }) => {
  const kernel = at(inputs, 1);
  const strides = node.attr["strides"]?.list?.i ?? [];
  if (strides.some((stride) => stride !== 1))
    throw unsupported(`node "${node.name}" is a strided convolution`);
  const matrix = graph.node("Squeeze", [kernel, graph.ints([2], [0, 1])]);
  return graph.node("MatMul", [at(inputs, 0), matrix]);
};

const EMITTERS: Readonly<Record<string, Emit>> = {
  Add: rename("Add"),
  AddV2: rename("Add"),
  BiasAdd: rename("Add"),
  Sub: rename("Sub"),
  Mul: rename("Mul"),
  RealDiv: rename("Div"),
  Maximum: rename("Max"),
  Less: rename("Less"),
  Greater: rename("Greater"),
  LogicalNot: rename("Not"),
  Relu: rename("Relu"),
  Tanh: rename("Tanh"),
  Sin: rename("Sin"),
  Cos: rename("Cos"),
  Range: rename("Range"),
  GatherNd: rename("GatherND"),
  Reshape: rename("Reshape"),
  Shape: rename("Shape"),
  Identity: ({ inputs }) => at(inputs, 0),
  Square: ({ graph, inputs }) => graph.node("Mul", [at(inputs, 0), at(inputs, 0)]),
  Rsqrt: ({ graph, inputs }) => graph.node("Reciprocal", [graph.node("Sqrt", [at(inputs, 0)])]),
  Softmax: ({ graph, inputs }) => graph.node("Softmax", inputs, { axis: { int: -1 } }),
  Mean: reduce("ReduceMean"),
  Sum: reduce("ReduceSum"),
  Max: reduce("ReduceMax"),
  Prod: reduce("ReduceProd"),
  Cast: cast,
  MatMul: matMul,
  BatchMatMul: matMul,
  Conv2D: convolution,
  StridedSlice: stridedSlice,
  ConcatV2: ({ graph, inputs, constant }) => {
    const last = inputs.length - 1;
    return graph.node("Concat", inputs.slice(0, last), { axis: { int: constant(last)[0] ?? 0 } });
  },
  ExpandDims: ({ graph, inputs, constant }) =>
    graph.node("Unsqueeze", [at(inputs, 0), graph.ints([1], constant(1).slice(0, 1))]),
  Squeeze: ({ graph, node, inputs }) => {
    const axes = node.attr["squeeze_dims"]?.list?.i ?? [];
    return graph.node("Squeeze", [at(inputs, 0), graph.ints([axes.length], axes)]);
  },
  Pack: ({ graph, node, inputs }) => {
    const axis = node.attr["axis"]?.i ?? 0;
    const rows = inputs.map((input) => graph.node("Unsqueeze", [input, graph.ints([1], [axis])]));
    return graph.node("Concat", rows, { axis: { int: axis } });
  },
  GatherV2: ({ graph, inputs, constant }) =>
    graph.node("Gather", inputs.slice(0, 2), { axis: { int: constant(2)[0] ?? 0 } }),
  Transpose: ({ graph, inputs, constant }) =>
    graph.node("Transpose", [at(inputs, 0)], { perm: { ints: constant(1) } }),
  Slice: ({ graph, inputs }) => {
    const [data = "", begin = "", size = ""] = inputs;
    return graph.node("Slice", [data, begin, graph.node("Add", [begin, size])]);
  },
  SplitV: ({ graph, inputs, constant, node }) => {
    const sizes = constant(1);
    return graph.nodes(
      "Split",
      [at(inputs, 0), graph.ints([sizes.length], sizes)],
      node.attr["num_split"]?.i ?? 1,
      {
        axis: { int: constant(2)[0] ?? 0 },
      },
    );
  },
  // TensorFlow lists the true positions as rows, ONNX as columns.
  Where: ({ graph, inputs }) =>
    graph.node("Transpose", [graph.node("NonZero", inputs)], { perm: { ints: [1, 0] } }),
  ScatterNd: ({ graph, inputs }) =>
    scatter(graph, at(inputs, 2), graph.floats([1], [0]), at(inputs, 0), at(inputs, 1)),
  SparseToDense: ({ graph, inputs }) =>
    scatter(graph, at(inputs, 1), at(inputs, 3), at(inputs, 0), at(inputs, 2)),
};
