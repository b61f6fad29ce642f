/** Builds ONNX models and runs ONNX models on worker threads. */
export { createGraph } from "./graph.ts";
export type { Attribute, Dimension, ElementType, Graph, Value } from "./graph.ts";
export { openInference, type Inference, type OutputData, type TensorData } from "./inference.ts";
export { cutModel } from "./cut.ts";
export { protobufFields } from "./fields.ts";
export type { CutCalls } from "./cut-worker.ts";
