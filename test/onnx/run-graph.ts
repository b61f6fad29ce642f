import { InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph, type ElementType, type Graph, type Value } from "../../src/onnx/index.ts";

/** Row-major float32 values and their shape. */
export interface Floats {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What a graph gives: a value of float32, or one of the type that stands beside it. */
export type Outputs = Readonly<Record<string, Value | readonly [ElementType, Value]>>;

/** Builds a graph over float32 inputs, loads the file in ONNX Runtime and runs it. */
export const runGraph = async (
  inputs: Readonly<Record<string, Floats>>,
  build: (graph: Graph) => Outputs,
): Promise<Record<string, Tensor>> => {
  const graph = createGraph("under-test");
  const feeds: Record<string, Tensor> = {};
  for (const [name, { shape, values }] of Object.entries(inputs)) {
    graph.input(name, "float32", shape);
    feeds[name] = new Tensor("float32", Float32Array.from(values), shape);
  }
  for (const [name, output] of Object.entries(build(graph))) {
    const [type, value] = typeof output === "string" ? (["float32", output] as const) : output;
    // The shape is only a claim, and ONNX Runtime corrects it.
    graph.output(name, value, type, []);
  }
  const session = await InferenceSession.create(graph.toBytes(), { logSeverityLevel: 4 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
};
