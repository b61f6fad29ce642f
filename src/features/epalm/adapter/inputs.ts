import { AnchorageError } from "../../../errors.ts";
import type { Shape } from "../decoder/forward.ts";
import { promptTokens, visualTokens } from "./adapter.ts";
import { adapterSize } from "./names.ts";
import { projectLayerVectors } from "./projection.ts";
import type { Adapter, AdapterSettings } from "./types.ts";

/** What a decoder takes in. */
export interface InjectionInputs {
  /** `[vectors, rows, tokens, hidden]` */
  readonly visual: Float32Array;
  /** `[prompt, word width]` */
  readonly prompt: Float32Array;
}

/**
 * What an adapter makes of features.
 *
 * @param layerVectors of each layer `[rows, dimension]` as the encoder gave them, or `[rows, tokens, dimension]` where an
 * input is of several tokens
 * @throws AnchorageError `invalid-input` where they are of another shape
 */
export const adapterInputs = (
  adapter: Adapter,
  layerVectors: readonly Float32Array[],
  rows: number,
): InjectionInputs => ({
  visual: adapterVisual(adapter, layerVectors, rows),
  prompt: promptTokens(adapter.settings.shape, adapter.tensors),
});

/** The visual part of {@link adapterInputs} alone; the prompt is the same for all inputs. */
export const adapterVisual = (
  { settings, tensors }: Adapter,
  layerVectors: readonly Float32Array[],
  rows: number,
): Float32Array => {
  const { shape, vision } = settings;
  const tokens = vision?.tokens ?? 1;
  if (layerVectors.length !== settings.features.length)
    throw new AnchorageError(
      "invalid-input",
      `The adapter takes features of ${settings.features.length} layers, not of ${layerVectors.length}.`,
    );
  settings.features.forEach(({ dimension, encoder }, vector) => {
    const length = layerVectors[vector]?.length ?? 0;
    if (length !== rows * tokens * dimension)
      throw new AnchorageError(
        "invalid-input",
        `Features by "${encoder}" are [${rows}, ${tokens}, ${dimension}], not ${length} numbers.`,
      );
  });
  const projected = layerVectors.map((data, vector) => projectLayerVectors(tensors, vector, data));
  return visualTokens(shape, tensors, projected);
};

/** What a decoder has to be open for. */
export const decoderShape = ({ vision, shape }: AdapterSettings): Shape => ({
  ...(vision === null ? {} : { vision }),
  prompt: shape.prompt,
});

/** How many numbers were trained, and their share of them and the decoder's together. */
export const trainedShare = (
  { shape }: AdapterSettings,
  decoderParameters: number,
): { readonly parameters: number; readonly share: number } => {
  const parameters = adapterSize(shape);
  return { parameters, share: parameters / (parameters + decoderParameters) };
};
