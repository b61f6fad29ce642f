import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { fileSha256 } from "./checksum.ts";
import { externalDataOf } from "./external-data.ts";
import { exists, readJsonIfThere, wrongFolder } from "./folder.ts";
import { readPreprocessing } from "./hugging-face-image.ts";
import { readMaxLength, readPooling } from "./hugging-face-text.ts";
import { encoderManifest, type EncoderManifest } from "./manifest.ts";
import { chooseModel } from "./model-file.ts";
import { dimensionOf, readModelConfig } from "./model-config.ts";
import { readTokenization } from "./tokenization.ts";

/** Name of the file that records where a folder was downloaded from. */
export const SOURCE_FILE = "source.json";

/** Schema of {@link SOURCE_FILE}. */
export const folderSource = z.strictObject({
  /** Repository on the hub, such as `Xenova/all-MiniLM-L6-v2`. */
  name: z.string(),
  revision: z.string(),
  /** The commit that the revision pointed to at download time. */
  commit: z.string(),
  /** Path of the ONNX file to use. */
  file: z.string(),
  /** Licence id of the hub, such as `apache-2.0`. */
  licence: z.string().optional(),
  /** As it was decided when the encoder was added; absent for images, and before this was recorded. */
  pooling: z
    .strictObject({
      mode: z.enum(["none", "cls", "mean", "last", "cls+mean"]),
      output: z.string().optional(),
      from: z.string(),
    })
    .optional(),
  /**
   * 2: images are resized as Pillow does, texts are padded and put in lower case as the tokenizer's files say. Absent for
   * encoders that were added before, which keep their vectors.
   */
  reading: z.literal(2).optional(),
  /** What the network takes; absent before this was recorded. */
  modality: z.enum(["image", "text"]).optional(),
  /** Width of the network's output where no file names it. */
  dimension: z.int().positive().optional(),
  /** Name of the network's input of images where it is not `pixel_values`. */
  input: z.string().optional(),
});

/** Where a folder was downloaded from. */
export type FolderSource = z.infer<typeof folderSource>;

/**
 * Derives a manifest from a folder in Hugging Face layout: `config.json` with either a description of the preprocessing
 * (image encoder) or `tokenizer.json` (text encoder), and the ONNX file that {@link chooseModel} selects. Pooling is as it
 * was decided when the encoder was added; before that was recorded, CLS for images, and what `1_Pooling/config.json` says,
 * else the mean, for texts.
 *
 * @param id encoder id; default: the folder's name
 * @param given instead of what `source.json` says
 * @throws AnchorageError `corrupt-file` that names what is missing or invalid
 * @example
 * ```ts
 * const manifest = await readHuggingFaceFolder("./data/encoders/all-MiniLM-L6-v2");
 * manifest.dimension; // such as 384
 * ```
 */
export const readHuggingFaceFolder = async (
  directory: string,
  id: string = basename(directory),
  given?: FolderSource,
): Promise<EncoderManifest> => {
  const source = given ?? (await readJsonIfThere(directory, SOURCE_FILE, folderSource));
  const config = await readModelConfig(directory);
  const model = await modelIn(directory, source?.file);
  const weights = [model, ...(await externalDataOf(directory, model))];
  const isText = source?.modality === undefined ? await looksLikeText(directory) : source.modality === "text";
  const width = source?.dimension ?? dimensionOf(config, isText ? "text" : "image");
  if (width === undefined) throw wrongFolder(directory, "config.json names no hidden_size");
  const { mode, output } = source?.pooling ?? {};
  const common = {
    version: 1,
    id,
    dimension: mode === "cls+mean" ? 2 * width : width,
    ...(output === undefined ? {} : { output }),
    source: source === undefined ? "a local folder" : `${source.name} @ ${source.commit}`,
    licence: source?.licence ?? "see the model's page",
  };
  const hashed = async (files: readonly string[]) => hashesOf(directory, [...weights, ...files]);
  if (!isText) {
    const image = await readPreprocessing(directory, { pillow: source?.reading === 2 });
    if (image === undefined)
      throw wrongFolder(
        directory,
        "there is neither preprocessor_config.json (images) nor tokenizer.json (texts)",
      );
    return checked(directory, {
      ...common,
      modality: "image",
      pooling: mode ?? "cls",
      ...(mode === "cls+mean" ? { prefixTokens: 1 + (config.num_register_tokens ?? 0) } : {}),
      ...(source?.input === undefined ? {} : { inputs: { image: source.input } }),
      files: { model },
      sha256: await hashed([]),
      image,
    });
  }
  const tokenizer = "tokenizer.json";
  const tokenizerConfig = "tokenizer_config.json";
  const configured = await exists(join(directory, tokenizerConfig));
  const files = { model, tokenizer, ...(configured ? { tokenizerConfig } : {}) };
  return checked(directory, {
    ...common,
    modality: "text",
    pooling: mode ?? (await readPooling(directory))?.mode ?? "mean",
    files,
    sha256: await hashed(Object.values(files)),
    text:
      source?.reading === 2
        ? await readTokenization(directory, config, model)
        : {
            maxLength: await readMaxLength(directory, config.max_position_embeddings ?? undefined),
            pad: config.pad_token_id ?? 0,
          },
  });
};

const looksLikeText = async (directory: string): Promise<boolean> =>
  !(await exists(join(directory, "preprocessor_config.json"))) &&
  (await exists(join(directory, "tokenizer.json")));

const checked = (directory: string, manifest: unknown): EncoderManifest => {
  const parsed = encoderManifest.safeParse(manifest);
  if (parsed.success) return parsed.data;
  throw wrongFolder(
    directory,
    parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
  );
};

const modelIn = async (directory: string, wanted: string | undefined): Promise<string> => {
  const files = await readdir(directory, { recursive: true });
  const choice = chooseModel(
    files.map((file) => file.replaceAll("\\", "/")),
    { file: wanted },
  );
  if ("problem" in choice) throw wrongFolder(directory, choice.problem);
  return choice.file;
};

const hashesOf = async (directory: string, files: readonly string[]): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const file of files) {
    if (!(await exists(join(directory, file)))) throw wrongFolder(directory, `${file} is missing`);
    hashes[file] = await fileSha256(join(directory, file));
  }
  return hashes;
};
