import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import type { Graph, Value } from "../graph.ts";
import type { Weight } from "./weights.ts";

const layerSchema = z.object({
  name: z.string(),
  class_name: z.string(),
  config: z.looseObject({
    activation: z.string().optional(),
    use_bias: z.boolean().optional(),
    strides: z.array(z.number()).optional(),
    padding: z.enum(["valid", "same"]).optional(),
    data_format: z.literal("channels_last").optional(),
    dilation_rate: z.array(z.number()).optional(),
    pool_size: z.array(z.number()).optional(),
    epsilon: z.number().optional(),
    axis: z.union([z.number(), z.array(z.number())]).optional(),
  }),
  inbound_nodes: z.array(z.array(z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown()))),
});

/** `modelTopology` of a Keras model that was saved for TF.js. */
export const layersTopology = z.object({
  model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }),
});

export type LayersTopology = z.infer<typeof layersTopology>;
type Layer = z.infer<typeof layerSchema>;

interface Context {
  readonly graph: Graph;
  readonly weights: ReadonlyMap<string, Weight>;
}

/**
 * Appends the part of a Keras model that leads from `image` (NCHW) to the layers of `wanted`, and returns their values
 * (NCHW, or `[n, d]` after global pooling). A batch normalisation that alone reads a convolution is folded into it.
 *
 * @throws AnchorageError `unsupported-model` that names a layer whose kind is not known here.
 */
export const appendLayers = (
  context: Context,
  topology: LayersTopology,
  image: Value,
  wanted: readonly string[],
): Value[] => {
  const layers = new Map(topology.model_config.config.layers.map((layer) => [layer.name, layer]));
  const readers = countReaders(topology);
  const done = new Map<string, Value>();

  const valueOf = (name: string): Value => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const layer = layers.get(name);
    if (layer === undefined) throw unsupported(`there is no layer "${name}"`);
    const value = build(layer);
    done.set(name, value);
    return value;
  };

  const build = (layer: Layer): Value => {
    const sources = (layer.inbound_nodes[0] ?? []).map(([source]) => source);
    if (layer.class_name === "InputLayer") return image;
    if (layer.class_name === "BatchNormalization") {
      const source = layers.get(sources[0] ?? "");
      if (source?.class_name === "Conv2D" && readers.get(source.name) === 1 && isLinear(source)) {
        const [before] = (source.inbound_nodes[0] ?? []).map(([name]) => valueOf(name));
        return convolution(context, source, before ?? image, layer);
      }
    }
    return appendLayer(context, layer, sources.map(valueOf));
  };

  return wanted.map(valueOf);
};

const appendLayer = (context: Context, layer: Layer, inputs: readonly Value[]): Value => {
  const { graph } = context;
  const [input] = inputs;
  if (input === undefined) throw unsupported(`layer "${layer.name}" has no input`);
  switch (layer.class_name) {
    case "Conv2D":
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
    case "MaxPooling2D":
      return graph.node("MaxPool", [input], pooling(layer));
    case "AveragePooling2D":
      // TensorFlow leaves the padding out of the mean.
      return graph.node("AveragePool", [input], { ...pooling(layer), count_include_pad: { int: 0 } });
    case "Concatenate":
      // The last axis of channels_last is axis 1 of NCHW.
      return graph.node("Concat", inputs, { axis: { int: 1 } });
    case "GlobalAveragePooling2D":
      return globalAveragePool(graph, input);
    case "Dropout":
      return input;
    case "Dense": {
      const kernel = weightOf(context, `${layer.name}/kernel`);
      const product = graph.node("MatMul", [input, graph.floats(kernel.shape, kernel.values)]);
      const bias = context.weights.get(`${layer.name}/bias`);
      const sum =
        bias === undefined ? product : graph.node("Add", [product, graph.floats(bias.shape, bias.values)]);
      return activate(graph, sum, layer);
    }
    default:
      throw unsupported(`layer "${layer.name}" is a ${layer.class_name}, which cannot be imported`);
  }
};

/** The mean over height and width, `[n, channels]`. */
export const globalAveragePool = (graph: Graph, input: Value): Value =>
  graph.node("Flatten", [graph.node("GlobalAveragePool", [input])]);

const convolution = (context: Context, layer: Layer, input: Value, normalized?: Layer): Value => {
  const { graph } = context;
  const kernel = weightOf(context, `${layer.name}/kernel`);
  const [height = 0, width = 0, inChannels = 0, outChannels = 0] = kernel.shape;
  const bias = context.weights.get(`${layer.name}/bias`);
  const affine = normalized === undefined ? undefined : normalization(context, normalized);
  const folded = new Float32Array(kernel.values.length);
  const shift = new Float32Array(outChannels);
  const taps = height * width;
  for (let out = 0; out < outChannels; out++) {
    const scale = affine?.scale[out] ?? 1;
    shift[out] = (bias?.values[out] ?? 0) * scale + (affine?.shift[out] ?? 0);
    for (let channel = 0; channel < inChannels; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const from = (tap * inChannels + channel) * outChannels + out;
        folded[(out * inChannels + channel) * taps + tap] = (kernel.values[from] ?? 0) * scale;
      }
    }
  }
  return graph.node(
    "Conv",
    [
      input,
      graph.floats([outChannels, inChannels, height, width], folded),
      graph.floats([outChannels], shift),
    ],
    {
      kernel_shape: { ints: [height, width] },
      strides: { ints: layer.config.strides ?? [1, 1] },
      dilations: { ints: layer.config.dilation_rate ?? [1, 1] },
      auto_pad: { string: autoPad(layer) },
    },
  );
};

/** `gamma (x - mean) / sqrt(variance + epsilon) + beta` as one factor and one summand a channel. */
const normalization = (context: Context, layer: Layer): { scale: Float32Array; shift: Float32Array } => {
  const mean = weightOf(context, `${layer.name}/moving_mean`).values;
  const variance = weightOf(context, `${layer.name}/moving_variance`).values;
  const gamma = context.weights.get(`${layer.name}/gamma`)?.values;
  const beta = context.weights.get(`${layer.name}/beta`)?.values;
  const epsilon = layer.config.epsilon ?? 1e-3;
  const scale = Float32Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  const shift = Float32Array.from(mean, (value, i) => (beta?.[i] ?? 0) - value * (scale[i] ?? 0));
  return { scale, shift };
};

const ACTIVATIONS: Readonly<Record<string, string>> = { relu: "Relu", sigmoid: "Sigmoid", tanh: "Tanh" };

const isLinear = (layer: Layer): boolean => (layer.config.activation ?? "linear") === "linear";

const activate = (graph: Graph, value: Value, layer: Layer): Value => {
  const activation = layer.config.activation ?? "linear";
  if (activation === "linear") return value;
  if (activation === "softmax") return graph.node("Softmax", [value], { axis: { int: 1 } });
  const operator = ACTIVATIONS[activation];
  if (operator === undefined) throw unsupported(`layer "${layer.name}" has the activation "${activation}"`);
  return graph.node(operator, [value]);
};

const pooling = (layer: Layer) => ({
  kernel_shape: { ints: layer.config.pool_size ?? [2, 2] },
  strides: { ints: layer.config.strides ?? layer.config.pool_size ?? [2, 2] },
  auto_pad: { string: autoPad(layer) },
});

const autoPad = (layer: Layer): string => (layer.config.padding === "same" ? "SAME_UPPER" : "VALID");

const countReaders = (topology: LayersTopology): Map<string, number> => {
  const readers = new Map<string, number>();
  for (const layer of topology.model_config.config.layers) {
    for (const [source] of layer.inbound_nodes.flat()) readers.set(source, (readers.get(source) ?? 0) + 1);
  }
  return readers;
};

const weightOf = ({ weights }: Context, name: string): Weight => {
  const weight = weights.get(name);
  if (weight === undefined) throw unsupported(`the weight "${name}" is missing`);
  return weight;
};

const unsupported = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This Keras model cannot be imported: ${what}.`);
