import { type ElementType } from "../../../src/onnx/index.ts";
import { runGraph, type Floats } from "../../onnx/run-graph.ts";
import { appendGraph } from "../../../src/features/default-encoders/tfjs/graph-model.ts";
import { parseGraphModel } from "../../../src/features/default-encoders/tfjs/model-file.ts";
import { readWeights } from "../../../src/features/default-encoders/tfjs/weights.ts";

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly values: readonly number[];
}

export const ints = (...values: number[]): Constant => ({ shape: [values.length], dtype: "int32", values });
export const scalar = (value: number): Constant => ({ shape: [], dtype: "int32", values: [value] });
export const floats = (shape: readonly number[], ...values: number[]): Constant => ({
  shape,
  dtype: "float32",
  values,
});

/** The file of a TensorFlow graph of one node "y", whose inputs are placeholders, constants or nodes before it. */
const modelOf = (
  y: Omit<GraphNode, "name">,
  constants: Readonly<Record<string, Constant>>,
  before: readonly GraphNode[] = [],
) => {
  const placeholders = ["x"].map((name): GraphNode => ({ name, op: "Placeholder" }));
  const values = Object.keys(constants).map((name): GraphNode => ({ name, op: "Const" }));
  const file = {
    modelTopology: { node: [...placeholders, ...values, ...before, { name: "y", ...y }] },
    weightsManifest: [
      {
        paths: ["only"],
        weights: Object.entries(constants).map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
      },
    ],
  };
  const parts = Object.values(constants).map(({ dtype, values: numbers }) =>
    dtype === "float32"
      ? Buffer.from(Float32Array.from(numbers).buffer)
      : Buffer.from(Int32Array.from(numbers).buffer),
  );
  return { file, shards: Buffer.concat(parts) };
};

/** Imports such a graph and runs it over `x`. */
export const run = async (
  x: Floats,
  y: Omit<GraphNode, "name">,
  constants: Readonly<Record<string, Constant>> = {},
  options: {
    readonly before?: readonly GraphNode[];
    readonly type?: ElementType;
    readonly output?: string;
  } = {},
): Promise<{ dims: readonly number[]; values: number[] }> => {
  const { file, shards } = modelOf(y, constants, options.before);
  const { topology, manifest } = parseGraphModel(file);
  const { found } = await runGraph({ x }, (graph) => ({
    found: [
      options.type ?? "float32",
      appendGraph(graph, topology, readWeights(manifest, shards), new Map([["x", "x"]]), [
        options.output ?? "y",
      ])[0] ?? "",
    ],
  }));
  return { dims: found?.dims ?? [], values: Array.from(found?.data ?? [], Number) };
};

export const counting = (...shape: number[]): Floats => ({
  shape,
  values: Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, i) => i),
});
