/** Writes ONNX files: a graph builder, and the importer of TF.js models that stands on it. */
export { createGraph } from "./graph.ts";
export type { Attribute, Dimension, ElementType, Graph, Value } from "./graph.ts";
export { appendGraph, graphTopology } from "./tfjs/graph-model.ts";
export { appendLayers, globalAveragePool, layersTopology } from "./tfjs/layers-model.ts";
export { readWeights, weightsManifest } from "./tfjs/weights.ts";
