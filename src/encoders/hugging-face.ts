import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { AnchorageError } from "../errors.ts";
import { encoderManifest, type EncoderManifest } from "./manifest.ts";
import { sha256Of } from "./session.ts";

/** In the order of preference: the whole weights first, then the smaller forms. */
export const MODEL_FILES = ["model", "model_fp16", "model_quantized", "model_int8", "model_uint8"].flatMap(
  (name) => [`onnx/${name}.onnx`, `${name}.onnx`],
);

const modelConfig = z.looseObject({
  model_type: z.string().optional(),
  hidden_size: z.number().int().positive().optional(),
  d_model: z.number().int().positive().optional(),
  hidden_sizes: z.array(z.number().int().positive()).optional(),
  max_position_embeddings: z.number().int().positive().optional(),
  pad_token_id: z.number().int().nonnegative().nullish(),
});

const edges = z.union([
  z.number(),
  z.object({
    height: z.number().optional(),
    width: z.number().optional(),
    shortest_edge: z.number().optional(),
  }),
]);

const preprocessorConfig = z.looseObject({
  do_resize: z.boolean().default(true),
  size: edges.optional(),
  resample: z.number().default(2),
  do_center_crop: z.boolean().default(false),
  crop_size: edges.optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: z.tuple([z.number(), z.number(), z.number()]).default([0.485, 0.456, 0.406]),
  image_std: z.tuple([z.number(), z.number(), z.number()]).default([0.229, 0.224, 0.225]),
});

const poolingConfig = z.looseObject({
  word_embedding_dimension: z.number().optional(),
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
});

/** PIL's codes for resampling filters. */
const RESAMPLE: Readonly<Record<number, string>> = {
  0: "nearest",
  1: "lanczos",
  2: "bilinear",
  3: "bicubic",
};

/**
 * Reads a folder as Hugging Face lays it out into a manifest: `config.json` with `preprocessor_config.json` (an image
 * encoder, CLS pooling) or `tokenizer.json` (a text encoder; mean pooling unless `1_Pooling/config.json` says
 * otherwise), and `onnx/model*.onnx` or `model*.onnx`.
 *
 * @throws AnchorageError `corrupt-file` that says what is missing or wrong.
 */
export const readHuggingFaceFolder = async (directory: string): Promise<EncoderManifest> => {
  const config = modelConfig.parse(await readJson(directory, "config.json"));
  const dimension = config.hidden_size ?? config.d_model ?? config.hidden_sizes?.at(-1);
  if (dimension === undefined) throw wrong(directory, "config.json names no hidden_size");
  const model = await firstExisting(directory, MODEL_FILES);
  if (model === undefined)
    throw wrong(directory, `there is no ONNX file (${MODEL_FILES.slice(0, 2).join(", ")}, ...)`);
  const isImage = await exists(join(directory, "preprocessor_config.json"));
  const common = {
    version: 1,
    id: basename(directory),
    dimension,
    source: await sourceOf(directory),
    licence: "see the model's page",
    sha256: { [model]: await sha256Of(join(directory, model)) },
  };
  const manifest = isImage
    ? {
        ...common,
        modality: "image",
        pooling: "cls",
        files: { model },
        image: await readPreprocessing(directory),
      }
    : {
        ...common,
        modality: "text",
        pooling: await readPooling(directory),
        files: { model, tokenizer: "tokenizer.json" },
        text: { maxLength: await readMaxLength(directory, config), pad: config.pad_token_id ?? 0 },
      };
  return encoderManifest.parse(manifest);
};

const readPreprocessing = async (directory: string) => {
  const config = preprocessorConfig.parse(await readJson(directory, "preprocessor_config.json"));
  const size = sizeOf(config.size ?? 224);
  const target = config.do_center_crop && config.crop_size !== undefined ? sizeOf(config.crop_size) : size;
  const width = target.width ?? target.edge ?? 224;
  const height = target.height ?? target.edge ?? 224;
  const shortestEdge = config.do_resize && config.do_center_crop ? (size.edge ?? size.height) : undefined;
  return {
    width,
    height,
    resize: shortestEdge === undefined ? (size.edge === undefined ? "stretch" : "cover") : "shortest-edge",
    ...(shortestEdge === undefined ? {} : { shortestEdge }),
    interpolation: RESAMPLE[config.resample] ?? "bilinear",
    rescale: config.do_rescale ? config.rescale_factor : 1,
    ...(config.do_normalize ? { mean: config.image_mean, std: config.image_std } : {}),
  };
};

const sizeOf = (size: z.infer<typeof edges>): { width?: number; height?: number; edge?: number } => {
  if (typeof size === "number") return { edge: size };
  return {
    ...(size.width === undefined ? {} : { width: size.width }),
    ...(size.height === undefined ? {} : { height: size.height }),
    ...(size.shortest_edge === undefined ? {} : { edge: size.shortest_edge }),
  };
};

const readPooling = async (directory: string): Promise<string> => {
  if (!(await exists(join(directory, "1_Pooling", "config.json")))) return "mean";
  const config = poolingConfig.parse(await readJson(directory, join("1_Pooling", "config.json")));
  if (config.pooling_mode_lasttoken) return "last";
  return config.pooling_mode_cls_token ? "cls" : "mean";
};

/** What the sentence encoder was trained with, where it says so; else what the network can take. */
const readMaxLength = async (directory: string, config: z.infer<typeof modelConfig>): Promise<number> => {
  const file = "sentence_bert_config.json";
  if (await exists(join(directory, file))) {
    const { max_seq_length: trained } = z
      .looseObject({ max_seq_length: z.number().int().positive().nullish() })
      .parse(await readJson(directory, file));
    if (trained != null) return trained;
  }
  return Math.min(config.max_position_embeddings ?? 512, 512);
};

/** Left by scripts/pull-encoder: where the folder came from. */
const sourceOf = async (directory: string): Promise<string> => {
  const file = join(directory, "source.json");
  if (!(await exists(file))) return "a local folder";
  const { name, revision } = z
    .looseObject({ name: z.string(), revision: z.string() })
    .parse(await readJson(directory, "source.json"));
  return `${name} @ ${revision}`;
};

const readJson = async (directory: string, file: string): Promise<unknown> => {
  let text: string;
  try {
    text = await readFile(join(directory, file), "utf8");
  } catch {
    throw wrong(directory, `${file} is missing`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrong(directory, `${file} is not JSON`);
  }
};

const firstExisting = async (directory: string, files: readonly string[]): Promise<string | undefined> => {
  for (const file of files) if (await exists(join(directory, file))) return file;
  return undefined;
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const wrong = (directory: string, what: string): AnchorageError =>
  new AnchorageError("corrupt-file", `Encoder folder "${basename(directory)}": ${what}.`);
