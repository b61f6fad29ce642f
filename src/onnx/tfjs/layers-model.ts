import { z } from "zod";
import type { Graph, Value } from "../graph.ts";
import { unsupportedLayers } from "./faults.ts";
import type { Weight } from "./weights.ts";

const layerSchema = z.object({
  name: z.string(),
  class_name: z.string(),
  config: z.looseObject({
    activation: z.string().optional(),
    use_bias: z.boolean().default(true),
    /** Of a normalisation: whether it has a gamma and a beta. */
    scale: z.boolean().default(true),
    center: z.boolean().default(true),
    groups: z.number().default(1),
    strides: z.array(z.number()).optional(),
    padding: z.enum(["valid", "same"]).optional(),
    data_format: z.literal("channels_last").optional(),
    dilation_rate: z.array(z.number()).optional(),
    pool_size: z.array(z.number()).optional(),
    epsilon: z.number().optional(),
    axis: z.union([z.number(), z.tuple([z.number()]).transform(([axis]) => axis)]).default(-1),
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
 * (NCHW). A batch normalisation that alone reads a convolution is folded into it.
 *
 * @throws AnchorageError `unsupported-model` that names a layer whose kind, or use of it, is not known here.
 */
export const appendLayers = (
  context: Context,
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

  const build = (layer: Layer): Value => {
    if (isInput(layer)) return image;
    const sources = sourcesOf(layer);
    if (layer.class_name === "BatchNormalization") {
      const source = layers.get(sources[0] ?? "");
      if (source?.class_name === "Conv2D" && readers.get(source.name) === 1 && isLinear(source)) {
        const [before] = sourcesOf(source).map(valueOf);
        return convolution(context, source, before ?? image, layer);
      }
    }
    return appendLayer(context, layer, sources.map(valueOf));
  };

  return wanted.map(valueOf);
};

const isInput = (layer: Layer): boolean => layer.class_name === "InputLayer";

const sourcesOf = ({ name, inbound_nodes: nodes }: Layer): string[] => {
  if (nodes.length > 1) throw unsupportedLayers(`layer "${name}" is applied ${nodes.length} times`);
  return (nodes[0] ?? []).map(([source]) => source);
};

/** The last axis of NHWC is axis 1 of NCHW. */
const requireChannels = ({ name, config: { axis } }: Layer): void => {
  if (axis !== -1 && axis !== 3) throw unsupportedLayers(`layer "${name}" runs along axis ${axis}`);
};

const appendLayer = (context: Context, layer: Layer, inputs: readonly Value[]): Value => {
  const { graph } = context;
  const [input] = inputs;
  if (input === undefined) throw unsupportedLayers(`layer "${layer.name}" has no input`);
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
      requireChannels(layer);
      return graph.node("Concat", inputs, { axis: { int: 1 } });
    default:
      throw unsupportedLayers(`layer "${layer.name}" is a ${layer.class_name}, which cannot be imported`);
  }
};

/** The mean over height and width, `[n, channels]`. */
export const globalAveragePool = (graph: Graph, input: Value): Value =>
  graph.node("Flatten", [graph.node("GlobalAveragePool", [input])]);

const convolution = (context: Context, layer: Layer, input: Value, normalized?: Layer): Value => {
  const { graph } = context;
  const { groups, dilation_rate: dilations = [1, 1] } = layer.config;
  if (groups !== 1) throw unsupportedLayers(`layer "${layer.name}" convolves in ${groups} groups`);
  if (dilations.some((rate) => rate !== 1)) throw unsupportedLayers(`layer "${layer.name}" is dilated`);
  const kernel = weightOf(context, `${layer.name}/kernel`);
  const [height = 0, width = 0, inChannels = 0, outChannels = 0] = kernel.shape;
  const bias = layer.config.use_bias ? weightOf(context, `${layer.name}/bias`) : undefined;
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
      dilations: { ints: dilations },
      auto_pad: { string: autoPad(layer) },
    },
  );
};

/** `gamma (x - mean) / sqrt(variance + epsilon) + beta` as one factor and one summand a channel. */
const normalization = (context: Context, layer: Layer): { scale: Float32Array; shift: Float32Array } => {
  requireChannels(layer);
  const mean = weightOf(context, `${layer.name}/moving_mean`).values;
  const variance = weightOf(context, `${layer.name}/moving_variance`).values;
  const gamma = layer.config.scale ? weightOf(context, `${layer.name}/gamma`).values : undefined;
  const beta = layer.config.center ? weightOf(context, `${layer.name}/beta`).values : undefined;
  const epsilon = layer.config.epsilon ?? 1e-3;
  const scale = Float32Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  const shift = Float32Array.from(mean, (value, i) => (beta?.[i] ?? 0) - value * (scale[i] ?? 0));
  return { scale, shift };
};

const isLinear = (layer: Layer): boolean => (layer.config.activation ?? "linear") === "linear";

const activate = (graph: Graph, value: Value, layer: Layer): Value => {
  const activation = layer.config.activation ?? "linear";
  if (activation === "linear") return value;
  if (activation === "relu") return graph.node("Relu", [value]);
  throw unsupportedLayers(`layer "${layer.name}" has the activation "${activation}"`);
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
  if (weight === undefined) throw unsupportedLayers(`the weight "${name}" is missing`);
  return weight;
};
