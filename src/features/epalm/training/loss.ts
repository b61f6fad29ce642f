import type { TensorData } from "../../../onnx/index.ts";
import {
  adapterGradients,
  promptTokens,
  visualTokensInSlices,
  type AdapterShape,
  type Tensors,
} from "../adapter/index.ts";
import type { DecoderModel, Training } from "../decoder/open.ts";
import type { Vision } from "../decoder/forward.ts";
import type { Batch } from "./batches.ts";

/** Features as the trained maps take them: of each layer `[inputs, tokens, width]`. */
export type Projected = readonly Float32Array[];

/** Of a batch. */
export interface LossOf {
  /** Summed over the places that count, in nats. */
  readonly loss: number;
  /** Of the mean over those places. */
  readonly gradients: () => Promise<Tensors>;
}

/** Runs the frozen decoder on a batch with an adapter's output for its inputs. */
export const lossOf = async (
  { config }: DecoderModel,
  training: Training,
  adapter: { readonly shape: AdapterShape; readonly vision: Vision | null; readonly tensors: Tensors },
  projected: Projected,
  batch: Batch,
): Promise<LossOf> => {
  const { shape, vision, tensors } = adapter;
  const { rows, length } = batch;
  const dims = [rows, length];
  const feeds: Record<string, TensorData> = {
    input_ids: { type: "int64", data: batch.ids.slice(), dims },
    attention_mask: { type: "int64", data: batch.mask.slice(), dims },
    targets: { type: "int64", data: batch.targets.slice(), dims },
  };
  const asked = ["loss"];
  const layerVectors = projected.map((data, vector) =>
    pick(data, (vision?.tokens ?? 1) * (shape.features[vector] ?? 0), batch.inputs),
  );
  if (vision !== null) {
    feeds.visual = {
      type: "float32",
      data: (await visualTokensInSlices(shape, tensors, layerVectors)).slice(),
      dims: [layerVectors.length, rows, vision.tokens, config.hidden],
    };
    asked.push("d_visual");
  }
  if (shape.prompt > 0) {
    const prompt = promptTokens(shape, tensors);
    const data = new Float32Array(rows * prompt.length);
    for (let row = 0; row < rows; row++) data.set(prompt, row * prompt.length);
    feeds.prompt = { type: "float32", data, dims: [rows, shape.prompt, config.wordWidth] };
    asked.push("d_prompt");
  }
  const outputs = await training.run(feeds, asked);
  const found = new Map(asked.map((name, i) => [name, outputs[i]?.data as Float32Array]));
  return {
    loss: (found.get("loss") ?? new Float32Array(0)).reduce((sum, value) => sum + value, 0),
    gradients: () => {
      const scale = 1 / Math.max(1, batch.counted);
      const dVisual = (found.get("d_visual") ?? new Float32Array(0)).map((slope) => scale * slope);
      const ofRows = found.get("d_prompt") ?? new Float32Array(0);
      const dPrompt = new Float32Array(ofRows.length / rows);
      for (let i = 0; i < ofRows.length; i++)
        dPrompt[i % dPrompt.length] = (dPrompt[i % dPrompt.length] ?? 0) + scale * (ofRows[i] ?? 0);
      return adapterGradients(shape, tensors, layerVectors, { dVisual, dPrompt });
    },
  };
};

const pick = (data: Float32Array, width: number, rows: readonly number[]): Float32Array => {
  const result = new Float32Array(rows.length * width);
  rows.forEach((row, at) => result.set(data.subarray(row * width, (row + 1) * width), at * width));
  return result;
};
