import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { exists, firstExisting, readJson, wrongFolder } from "./folder.ts";
import { readPreprocessing } from "./hugging-face-image.ts";
import { encoderManifest, type EncoderManifest } from "./manifest.ts";
import { sha256Of } from "./session.ts";

/** In the order of preference: the whole weights first, then the smaller forms. */
export const MODEL_FILES = ["model", "model_fp16", "model_quantized", "model_int8", "model_uint8"].flatMap(
  (name) => [`onnx/${name}.onnx`, `${name}.onnx`],
);

/** Left in a folder by whoever fetched it. */
export const SOURCE_FILE = "source.json";

export const folderSource = z.object({
  /** Such as `Xenova/all-MiniLM-L6-v2`. */
  name: z.string(),
  revision: z.string(),
  /** What the revision was when the folder was fetched. */
  commit: z.string().optional(),
  /** The ONNX file to use, where it is none of {@link MODEL_FILES}. */
  file: z.string().optional(),
});

export type FolderSource = z.infer<typeof folderSource>;

const modelConfig = z.looseObject({
  model_type: z.string().optional(),
  hidden_size: z.number().int().positive().optional(),
  d_model: z.number().int().positive().optional(),
  hidden_sizes: z.array(z.number().int().positive()).optional(),
  max_position_embeddings: z.number().int().positive().optional(),
  pad_token_id: z.number().int().nonnegative().nullish(),
});

const poolingConfig = z.looseObject({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
});

const modules = z.array(z.looseObject({ type: z.string() }));
/** The steps of a sentence encoder that are done here; their output has norm 1, whether `Normalize` is there or not. */
const KNOWN_MODULES = new Set(["Transformer", "Pooling", "Normalize"]);

/**
 * Reads a folder as Hugging Face lays it out into a manifest: `config.json` with `preprocessor_config.json` (an image
 * encoder, CLS pooling) or `tokenizer.json` (a text encoder; mean pooling unless `1_Pooling/config.json` says
 * otherwise), and `onnx/model*.onnx` or `model*.onnx`.
 *
 * @param id the folder's name unless given
 * @throws AnchorageError `corrupt-file` that says what is missing or wrong.
 */
export const readHuggingFaceFolder = async (
  directory: string,
  id: string = basename(directory),
): Promise<EncoderManifest> => {
  const config = modelConfig.parse(await readJson(directory, "config.json"));
  const dimension = config.hidden_size ?? config.d_model ?? config.hidden_sizes?.at(-1);
  if (dimension === undefined) throw wrongFolder(directory, "config.json names no hidden_size");
  const source = await readSource(directory);
  const candidates = source?.file === undefined ? MODEL_FILES : [source.file];
  const model = await firstExisting(directory, candidates);
  if (model === undefined)
    throw wrongFolder(directory, `there is no ONNX file (${candidates.slice(0, 2).join(", ")}, ...)`);
  const common = {
    version: 1,
    id,
    dimension,
    source: source === undefined ? "a local folder" : `${source.name} @ ${source.commit ?? source.revision}`,
    licence: "see the model's page",
  };
  const weights = [model, ...(await externalData(directory, model))];
  if (await exists(join(directory, "preprocessor_config.json"))) {
    return encoderManifest.parse({
      ...common,
      modality: "image",
      pooling: "cls",
      files: { model },
      sha256: await hashesOf(directory, weights),
      image: await readPreprocessing(directory),
    });
  }
  const tokenizer = "tokenizer.json";
  if (!(await exists(join(directory, tokenizer)))) throw wrongFolder(directory, `${tokenizer} is missing`);
  const tokenizerConfig = await firstExisting(directory, ["tokenizer_config.json"]);
  const configs = tokenizerConfig === undefined ? [] : [tokenizerConfig];
  return encoderManifest.parse({
    ...common,
    modality: "text",
    pooling: await readPooling(directory),
    files: { model, tokenizer, ...(tokenizerConfig === undefined ? {} : { tokenizerConfig }) },
    sha256: await hashesOf(directory, [...weights, tokenizer, ...configs]),
    text: { maxLength: await readMaxLength(directory, config), pad: config.pad_token_id ?? 0 },
  });
};

/** Whether `path` holds weights that the ONNX file `model` refers to, being too large to hold them itself. */
export const isExternalDataOf = (model: string, path: string): boolean =>
  path.startsWith(model) && /^[._]data(_\d+)?$/.test(path.slice(model.length));

const externalData = async (directory: string, model: string): Promise<string[]> => {
  const folder = dirname(model);
  const files = (await readdir(join(directory, folder))).map((file) => join(folder, file));
  return files.filter((file) => isExternalDataOf(model, file)).sort();
};

const hashesOf = async (directory: string, files: readonly string[]): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const file of files) hashes[file] = await sha256Of(join(directory, file));
  return hashes;
};

const readPooling = async (directory: string): Promise<string> => {
  if (await exists(join(directory, "modules.json"))) {
    for (const { type } of modules.parse(await readJson(directory, "modules.json"))) {
      const name = type.split(".").at(-1) ?? type;
      if (!KNOWN_MODULES.has(name)) throw wrongFolder(directory, `its module ${name} is not supported`);
    }
  }
  const file = join("1_Pooling", "config.json");
  if (!(await exists(join(directory, file)))) return "mean";
  const config = poolingConfig.parse(await readJson(directory, file));
  if (config.pooling_mode_max_tokens || config.pooling_mode_weightedmean_tokens)
    throw wrongFolder(directory, `${file} asks for a pooling other than cls, mean or last token`);
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

const readSource = async (directory: string): Promise<FolderSource | undefined> =>
  (await exists(join(directory, SOURCE_FILE)))
    ? folderSource.parse(await readJson(directory, SOURCE_FILE))
    : undefined;
