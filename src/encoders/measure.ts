import { AnchorageError } from "../errors.ts";
import { openInference, type TensorData } from "../onnx/index.ts";
import { join } from "node:path";
import { readGraphPorts } from "./graph-ports.ts";
import type { EncoderManifest } from "./manifest.ts";

/** Tokens of the trial where the graph takes any number. */
const TOKENS = 8;

/**
 * Measures the width of a network's vectors by one run on zeros, where the graph does not declare it.
 *
 * @throws AnchorageError `unsupported-model` if it cannot run on an input of the manifest's shape
 */
export const measureWidth = async (directory: string, manifest: EncoderManifest): Promise<number> => {
  const { model } = manifest.files;
  const { inputs, outputs } = await readGraphPorts(directory, model);
  const output = outputs.find(({ name }) => name === manifest.output) ?? outputs[0];
  if (output === undefined) throw cannotRun(model, "it has no output");
  const declared = output.dims.length === 4 ? output.dims[1] : output.dims.at(-1);
  if (declared != null) return declared;
  const feeds = inputs.map(({ name }): readonly [string, TensorData] => [name, feedOf(manifest, name)]);
  try {
    const inference = await openInference(join(directory, model));
    try {
      const [result] = await inference.run(Object.fromEntries(feeds), [output.name]);
      const dims = result?.dims ?? [];
      return (dims.length === 4 ? dims[1] : dims.at(-1)) ?? 0;
    } finally {
      await inference.close();
    }
  } catch (error) {
    throw cannotRun(model, error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "unknown");
  }
};

const feedOf = (manifest: EncoderManifest, name: string): TensorData => {
  if (manifest.modality === "image") {
    const { width, height } = manifest.image;
    return { type: "float32", data: new Float32Array(3 * width * height), dims: [1, 3, height, width] };
  }
  const length = manifest.text.padTo ?? TOKENS;
  const fill = name === manifest.inputs.mask ? 1n : 0n;
  return { type: "int64", data: new BigInt64Array(length).fill(fill), dims: [1, length] };
};

const cannotRun = (model: string, why: string): AnchorageError =>
  new AnchorageError("unsupported-model", `${model} cannot run: ${why}.`);
