/** Builds ONNX models (from scratch or from TF.js models) and runs ONNX models on worker threads. */
export { createGraph } from "./graph.ts";
export type { Attribute, Dimension, ElementType, Graph, Value } from "./graph.ts";
export { openInference, type Inference, type OutputData, type TensorData } from "./inference.ts";
export { appendGraph } from "./tfjs/graph-model.ts";
export { appendLayers, globalAveragePool } from "./tfjs/layers-model.ts";
export { parseGraphModel, parseLayersModel, type ModelFile } from "./tfjs/model-file.ts";
export { readWeights } from "./tfjs/weights.ts";
