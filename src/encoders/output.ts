import { AnchorageError } from "../errors.ts";
import type { OutputData } from "../onnx/index.ts";
import { normalizeLayer } from "./layers.ts";
import type { EncoderManifest, LayerReading } from "./manifest.ts";
import { wrongModel } from "./model.ts";
import { normalizeRows, poolClsAndMean, poolTokens } from "./pool.ts";

/**
 * Converts a network's output to one vector per input: `[n, d]`, or `[n, tokens, d]` with the manifest's pooling.
 *
 * @param batch number of inputs n
 * @param counts number of real tokens of each input, before padding; null if there is no padding
 * @returns `[n, d]` row-major, rows of norm 1, except for layers, whose rows are not normalised
 * @throws AnchorageError `unsupported-model` if the output has another shape or type, `unprocessable` if a vector is zero
 * or not finite
 */
export const outputVectors = (
  output: OutputData,
  manifest: EncoderManifest,
  batch: number,
  counts: readonly number[] | null,
): Float32Array => {
  const { dimension, pooling } = manifest;
  const { type } = output;
  const dims = withoutGrid(output.dims);
  const width = pooling === "cls+mean" ? dimension / 2 : dimension;
  const fits = (dims.length === 2 || dims.length === 3) && dims[0] === batch && dims.at(-1) === width;
  if (type !== "float32" || !fits) {
    const expected = `float32 [${batch}, ${width}] or [${batch}, tokens, ${width}]`;
    throw wrongModel(manifest, `gave ${type} [${output.dims.join(", ")}], where ${expected} was expected`);
  }
  const data = output.data as Float32Array;
  const rows =
    dims.length === 2 && width === dimension
      ? Float32Array.from(data)
      : pooled(data, manifest, dims.length === 2 ? 1 : (dims[1] ?? 0), batch, counts);
  const layer = layerOf(manifest);
  if (layer !== undefined) {
    if (layer.norm !== null) normalizeLayer(rows, layer.norm);
    if (rows.every(Number.isFinite)) return rows;
    throw new AnchorageError("unprocessable", `Encoder "${manifest.id}" gave a number that is not finite.`);
  }
  if (normalizeRows(rows, dimension) >= 0) {
    const what = pooling === "none" ? "" : ` after pooling by ${pooling}`;
    throw new AnchorageError(
      "unprocessable",
      `Encoder "${manifest.id}" gave a vector without direction${what}.`,
    );
  }
  return rows;
};

/** Convolutional networks give their pooled vector as a picture of one pixel, `[n, d, 1, 1]`. */
const withoutGrid = (dims: readonly number[]): readonly number[] =>
  dims.length === 4 && dims[2] === 1 && dims[3] === 1 ? dims.slice(0, 2) : dims;

const layerOf = (manifest: EncoderManifest): LayerReading | undefined =>
  manifest.modality === "image" ? manifest.layer : undefined;

const pooled = (
  data: Float32Array,
  manifest: EncoderManifest,
  tokens: number,
  batch: number,
  counts: readonly number[] | null,
): Float32Array => {
  const { dimension, pooling, prefixTokens = 1 } = manifest;
  if (pooling === "cls+mean") {
    if (tokens <= prefixTokens)
      throw wrongModel(
        manifest,
        `gives ${tokens} tokens an input, which leaves none for the mean of cls+mean`,
      );
    return poolClsAndMean(data, batch, tokens, dimension / 2, prefixTokens);
  }
  if (tokens === 1) return Float32Array.from(data);
  if (pooling === "none")
    throw wrongModel(manifest, `gives ${tokens} tokens an input, but its pooling is "none"`);
  const real = counts ?? new Array<number>(batch).fill(tokens);
  if (tokens < Math.max(1, ...real))
    throw wrongModel(manifest, `gives ${tokens} tokens where it was given ${Math.max(...real)}`);
  return poolTokens(data, real, tokens, dimension, pooling);
};
