import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileSha256 } from "../../src/encoders/checksum.ts";
import { openEncoderRegistry, type EncoderRegistry } from "../../src/encoders/index.ts";
import { onTestFinished } from "vitest";
import { imageModel, textModel } from "./models.ts";
import { collectingLog } from "../support/log.ts";

/** Files by their paths; what is no bytes is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

export const bytesOf = (content: unknown): Uint8Array =>
  content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));

export const writeFiles = async (directory: string, files: Files): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytesOf(content));
  }
};

/** By token id. */
export const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "fox", "##es", "blue", "sea", "a"];

/** BERT's tokenizer over {@link VOCABULARY}: lower case, WordPiece, `[CLS] ... [SEP]`. */
export const WORDPIECE = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [0, 1, 2, 3].map((id) => ({
    id,
    content: VOCABULARY[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((piece, id) => [piece, id])),
  },
};

/** One row a token of {@link VOCABULARY}; none is parallel to another. */
export const TABLE = VOCABULARY.map((_, id) => [1, id, id * id]);

/** A text encoder of dimension 3 as Hugging Face lays it out. */
export const textFolder = (): Record<string, unknown> => ({
  "config.json": { model_type: "bert", hidden_size: 3, max_position_embeddings: 16, pad_token_id: 0 },
  "tokenizer.json": WORDPIECE,
  "tokenizer_config.json": { tokenizer_class: "BertTokenizer", model_max_length: 16 },
  "onnx/model.onnx": textModel(TABLE),
});

/** A text encoder as sentence-transformers lays it out: it says how it pools. */
export const pooledTextFolder = (): Files => ({
  ...textFolder(),
  "1_Pooling/config.json": { pooling_mode_mean_tokens: true },
});

export const PREPROCESSOR = {
  image_processor_type: "ViTImageProcessor",
  do_resize: true,
  size: { height: 4, width: 4 },
  resample: 0,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.5, 1],
};

/** An image encoder of dimension 3 as Hugging Face lays it out: its vector is that of its first pixel. */
export const imageFolder = (
  preprocessor: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  "config.json": { model_type: "vit", hidden_size: 3 },
  "preprocessor_config.json": { ...PREPROCESSOR, ...preprocessor },
  "onnx/model.onnx": imageModel(),
});

export interface OpenedRegistry {
  readonly registry: EncoderRegistry;
  readonly logged: readonly string[];
}

/** The encoders of `folder`, closed when the test ends. */
export const openRegistry = async (folder: string): Promise<OpenedRegistry> => {
  const logged: string[] = [];
  const registry = await openEncoderRegistry({ folders: [folder], log: collectingLog(logged) });
  onTestFinished(() => registry.close());
  return { registry, logged };
};

/** The row divided by its L2 norm. */
export const unit = (row: readonly number[]): number[] => {
  const norm = Math.hypot(...row);
  return row.map((value) => value / norm);
};

/** A folder with an encoder.json of our own, its hashes right. */
export const writeOwn = async (
  directory: string,
  given: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, unknown>> = {
    "model.onnx": textModel(TABLE, "vectors"),
    "tokenizer.json": WORDPIECE,
  },
): Promise<void> => {
  await writeFiles(directory, files);
  const sha256: Record<string, string> = {};
  for (const file of Object.keys(files)) sha256[file] = await fileSha256(join(directory, file));
  const manifest = {
    version: 1,
    id: "own",
    modality: "text",
    dimension: 3,
    source: "here",
    licence: "MIT",
    files: { model: "model.onnx", tokenizer: "tokenizer.json" },
    sha256,
    text: { maxLength: 8 },
    ...given,
  };
  await writeFile(join(directory, "encoder.json"), bytesOf(manifest));
};
