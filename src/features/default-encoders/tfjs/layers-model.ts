import type { Graph, Value } from "../../../onnx/graph.ts";
import {
  autoPad,
  convolution,
  normalization,
  requireChannels,
  type ConversionContext,
} from "./convolution.ts";
import { unsupportedLayers } from "./faults.ts";
import type { KerasLayer, LayersTopology } from "./layers-topology.ts";

/**
 * Imports a Keras model: appends the layers between `image` and `wanted` to the graph. A batch normalisation that is the
 * only reader of a convolution is folded into it.
 *
 * @param context the graph under construction, and weights from {@link readWeights}
 * @param image the input, NCHW
 * @param wanted names of Keras layers
 * @returns the values of `wanted`, in order, NCHW
 * @throws AnchorageError `unsupported-model` with the name of a layer whose type, or use of it, is not supported
 * @example
 * ```ts
 * const image = graph.input("pixel_values", "float32", ["n", 3, 299, 299]);
 * const [mixed7 = ""] = appendLayers({ graph, weights }, topology, image, ["mixed7"]);
 * graph.output("embedding", globalAveragePool(graph, mixed7), "float32", ["n", 768]);
 * ```
 */
export const appendLayers = (
  context: ConversionContext,
  topology: LayersTopology,
  image: Value,
  wanted: readonly string[],
): Value[] => {
  const layers = new Map(topology.model_config.config.layers.map((layer) => [layer.name, layer]));
  const inputs = topology.model_config.config.layers.filter(isInput);
  if (inputs.length !== 1) throw unsupportedLayers(`it has ${inputs.length} inputs`);
  const readers = countReaders(topology);
  const done = new Map<string, Value>();

  const valueOf = (name: string): Value => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const layer = layers.get(name);
    if (layer === undefined) throw unsupportedLayers(`there is no layer "${name}"`);
    const value = build(layer);
    done.set(name, value);
    return value;
  };

  const build = (layer: KerasLayer): Value => {
    if (isInput(layer)) return image;
    const sources = sourcesOf(layer);
    if (layer.class_name === "BatchNormalization") {
      const source = layers.get(sources[0] ?? "");
      if (
        source !== undefined &&
        isConvolution(source) &&
        readers.get(source.name) === 1 &&
        isLinear(source)
      ) {
        const [before] = sourcesOf(source).map(valueOf);
        return convolution(context, source, before ?? image, layer);
      }
    }
    return appendLayer(context, layer, sources.map(valueOf));
  };

  return wanted.map(valueOf);
};

const isConvolution = ({ class_name: kind }: KerasLayer): boolean =>
  kind === "Conv2D" || kind === "DepthwiseConv2D";

const isInput = (layer: KerasLayer): boolean => layer.class_name === "InputLayer";

const sourcesOf = ({ name, inbound_nodes: nodes }: KerasLayer): string[] => {
  if (nodes.length > 1) throw unsupportedLayers(`layer "${name}" is applied ${nodes.length} times`);
  return (nodes[0] ?? []).map(([source]) => source);
};

const appendLayer = (context: ConversionContext, layer: KerasLayer, inputs: readonly Value[]): Value => {
  const { graph } = context;
  const [input] = inputs;
  if (input === undefined) throw unsupportedLayers(`layer "${layer.name}" has no input`);
  switch (layer.class_name) {
    case "Conv2D":
    case "DepthwiseConv2D":
      return activate(graph, convolution(context, layer, input), layer);
    case "BatchNormalization": {
      const { scale, shift } = normalization(context, layer);
      const shape = [1, scale.length, 1, 1];
      return graph.node("Add", [
        graph.node("Mul", [input, graph.floats(shape, scale)]),
        graph.floats(shape, shift),
      ]);
    }
    case "Activation":
      return activate(graph, input, layer);
    case "ReLU":
      return rectify(graph, input, layer);
    case "ZeroPadding2D":
      return graph.node("Pad", [input, graph.ints([8], padding(layer))]);
    case "Add":
      return inputs.slice(1).reduce((sum, next) => graph.node("Add", [sum, next]), input);
    case "MaxPooling2D":
      return graph.node("MaxPool", [input], pooling(layer));
    case "AveragePooling2D":
      // As in TensorFlow, padding does not count in the mean.
      return graph.node("AveragePool", [input], { ...pooling(layer), count_include_pad: { int: 0 } });
    case "Concatenate":
      requireChannels(layer);
      return graph.node("Concat", inputs, { axis: { int: 1 } });
    default:
      throw unsupportedLayers(`layer "${layer.name}" is a ${layer.class_name}, which cannot be imported`);
  }
};

/** The mean over height and width: `[n, channels, h, w]` to `[n, channels]`. */
export const globalAveragePool = (graph: Graph, input: Value): Value =>
  graph.node("Flatten", [graph.node("GlobalAveragePool", [input])]);

const isLinear = (layer: KerasLayer): boolean => (layer.config.activation ?? "linear") === "linear";

const activate = (graph: Graph, value: Value, layer: KerasLayer): Value => {
  const activation = layer.config.activation ?? "linear";
  if (activation === "linear") return value;
  if (activation === "relu") return graph.node("Relu", [value]);
  throw unsupportedLayers(`layer "${layer.name}" has the activation "${activation}"`);
};

const rectify = (graph: Graph, value: Value, layer: KerasLayer): Value => {
  const { max_value: max, negative_slope: slope = 0, threshold = 0 } = layer.config;
  if (slope !== 0 || threshold !== 0)
    throw unsupportedLayers(`layer "${layer.name}" leaks or has a threshold`);
  if (typeof max !== "number") return graph.node("Relu", [value]);
  return graph.node("Clip", [value, graph.floats([], [0]), graph.floats([], [max])]);
};

/** ONNX pads for NCHW: the start of each axis, then the end of each axis. */
const padding = (layer: KerasLayer): number[] => {
  const { padding: sides } = layer.config;
  if (typeof sides !== "object") throw unsupportedLayers(`layer "${layer.name}" does not say how it pads`);
  const [[top, bottom], [left, right]] = sides;
  return [0, 0, top, left, 0, 0, bottom, right];
};

const pooling = (layer: KerasLayer) => ({
  kernel_shape: { ints: layer.config.pool_size ?? [2, 2] },
  strides: { ints: layer.config.strides ?? layer.config.pool_size ?? [2, 2] },
  auto_pad: { string: autoPad(layer) },
});

const countReaders = (topology: LayersTopology): Map<string, number> => {
  const readers = new Map<string, number>();
  for (const layer of topology.model_config.config.layers) {
    for (const [source] of layer.inbound_nodes.flat()) readers.set(source, (readers.get(source) ?? 0) + 1);
  }
  return readers;
};
