/** Writes ONNX files (a graph builder, and the importer of TF.js models that stands on it) and runs them. */
export { createGraph } from "./graph.ts";
export type { Attribute, Dimension, ElementType, Graph, Value } from "./graph.ts";
export { openInference, type Inference, type OutputData, type TensorData } from "./inference.ts";
export { appendGraph } from "./tfjs/graph-model.ts";
export { appendLayers, globalAveragePool } from "./tfjs/layers-model.ts";
export { parseGraphModel, parseLayersModel, type ModelFile } from "./tfjs/model-file.ts";
export { readWeights } from "./tfjs/weights.ts";
