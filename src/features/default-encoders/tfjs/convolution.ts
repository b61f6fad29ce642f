import type { Graph, Value } from "../../../onnx/graph.ts";
import { unsupportedLayers } from "./faults.ts";
import type { KerasLayer } from "./layers-topology.ts";
import type { Weight } from "./weights.ts";

/** The graph under construction and the weights of the model by name. */
export interface ConversionContext {
  readonly graph: Graph;
  readonly weights: ReadonlyMap<string, Weight>;
}

/**
 * Appends a convolution or depthwise convolution over NCHW.
 *
 * @param normalized a batch normalisation that follows; it is folded into the kernel and bias
 */
export const convolution = (
  context: ConversionContext,
  layer: KerasLayer,
  input: Value,
  normalized?: KerasLayer,
): Value => {
  const { graph } = context;
  const { groups, dilation_rate: dilations = [1, 1] } = layer.config;
  if (groups !== 1) throw unsupportedLayers(`layer "${layer.name}" convolves in ${groups} groups`);
  if (dilations.some((rate) => rate !== 1)) throw unsupportedLayers(`layer "${layer.name}" is dilated`);
  const depthwise = layer.class_name === "DepthwiseConv2D";
  const kernel = weightOf(context, `${layer.name}/${depthwise ? "depthwise_kernel" : "kernel"}`);
  const [height = 0, width = 0, channels = 0, last = 0] = kernel.shape;
  // The last two axes of a depthwise kernel form the output channels; each reads one input channel.
  const [inChannels, outChannels] = depthwise ? [1, channels * last] : [channels, last];
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
      ...(depthwise ? { group: { int: channels } } : {}),
    },
  );
};

/** Batch normalisation, `gamma (x - mean) / sqrt(variance + epsilon) + beta`, as one scale and shift per channel. */
export const normalization = (
  context: ConversionContext,
  layer: KerasLayer,
): { scale: Float32Array; shift: Float32Array } => {
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

/** Checks that a layer works on the channel axis: the last axis of NHWC, axis 1 of NCHW. */
export const requireChannels = ({ name, config: { axis } }: KerasLayer): void => {
  if (axis !== -1 && axis !== 3) throw unsupportedLayers(`layer "${name}" runs along axis ${axis}`);
};

/** ONNX's `auto_pad` value for a layer's padding. */
export const autoPad = (layer: KerasLayer): string =>
  layer.config.padding === "same" ? "SAME_UPPER" : "VALID";

const weightOf = ({ weights }: ConversionContext, name: string): Weight => {
  const weight = weights.get(name);
  if (weight === undefined) throw unsupportedLayers(`the weight "${name}" is missing`);
  return weight;
};
