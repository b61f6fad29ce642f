import { AnchorageError } from "../errors.ts";
import type { OutputData } from "../onnx/index.ts";
import { normalizeLayer } from "./layers.ts";
import type { EncoderManifest, LayerReading } from "./manifest.ts";
import { wrongModel } from "./model.ts";
import { normalizeRows, poolTokens } from "./pool.ts";

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
  const { dims, type } = output;
  const fits = (dims.length === 2 || dims.length === 3) && dims[0] === batch && dims.at(-1) === dimension;
  if (type !== "float32" || !fits) {
    const expected = `float32 [${batch}, ${dimension}] or [${batch}, tokens, ${dimension}]`;
    throw wrongModel(manifest, `gave ${type} [${dims.join(", ")}], where ${expected} was expected`);
  }
  const data = output.data as Float32Array;
  const rows =
    dims.length === 2 ? Float32Array.from(data) : pooled(data, manifest, dims[1] ?? 0, batch, counts);
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

const layerOf = (manifest: EncoderManifest): LayerReading | undefined =>
  manifest.modality === "image" ? manifest.layer : undefined;

const pooled = (
  data: Float32Array,
  manifest: EncoderManifest,
  tokens: number,
  batch: number,
  counts: readonly number[] | null,
): Float32Array => {
  const { dimension, pooling } = manifest;
  if (tokens === 1) return Float32Array.from(data);
  if (pooling === "none")
    throw wrongModel(manifest, `gives ${tokens} tokens an input, but its pooling is "none"`);
  const real = counts ?? new Array<number>(batch).fill(tokens);
  if (tokens < Math.max(1, ...real))
    throw wrongModel(manifest, `gives ${tokens} tokens where it was given ${Math.max(...real)}`);
  return poolTokens(data, real, tokens, dimension, pooling);
};
