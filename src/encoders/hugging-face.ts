import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { fileSha256 } from "./checksum.ts";
import { externalDataOf } from "./external-data.ts";
import { exists, readFolderJson, readJsonIfThere, wrongFolder } from "./folder.ts";
import { readPreprocessing } from "./hugging-face-image.ts";
import { readMaxLength, readPooling } from "./hugging-face-text.ts";
import { encoderManifest, type EncoderManifest } from "./manifest.ts";
import { chooseModel } from "./model-file.ts";

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
      mode: z.enum(["none", "cls", "mean", "last"]),
      output: z.string().optional(),
      from: z.string(),
    })
    .optional(),
});

/** Where a folder was downloaded from. */
export type FolderSource = z.infer<typeof folderSource>;

const modelConfig = z.looseObject({
  hidden_size: z.int().positive().optional(),
  d_model: z.int().positive().optional(),
  hidden_sizes: z.array(z.int().positive()).optional(),
  max_position_embeddings: z.int().positive().optional(),
  pad_token_id: z.int().nonnegative().nullish(),
});

/**
 * Derives a manifest from a folder in Hugging Face layout: `config.json` with either `preprocessor_config.json` (image
 * encoder, CLS pooling) or `tokenizer.json` (text encoder; pooling as it was decided when the encoder was added, else as
 * `1_Pooling/config.json` says, else mean), and the ONNX file that {@link chooseModel} selects.
 *
 * @param id encoder id; default: the folder's name
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
): Promise<EncoderManifest> => {
  const config = await readFolderJson(directory, "config.json", modelConfig);
  const dimension = config.hidden_size ?? config.d_model ?? config.hidden_sizes?.at(-1);
  if (dimension === undefined) throw wrongFolder(directory, "config.json names no hidden_size");
  const source = await readJsonIfThere(directory, SOURCE_FILE, folderSource);
  const model = await modelIn(directory, source?.file);
  const weights = [model, ...(await externalDataOf(directory, model))];
  const common = {
    version: 1,
    id,
    dimension,
    source: source === undefined ? "a local folder" : `${source.name} @ ${source.commit}`,
    licence: source?.licence ?? "see the model's page",
  };
  if (await exists(join(directory, "preprocessor_config.json"))) {
    return checked(directory, {
      ...common,
      modality: "image",
      pooling: "cls",
      files: { model },
      sha256: await hashesOf(directory, weights),
      image: await readPreprocessing(directory),
    });
  }
  const tokenizer = "tokenizer.json";
  const tokenizerConfig = "tokenizer_config.json";
  if (!(await exists(join(directory, tokenizer))))
    throw wrongFolder(
      directory,
      `there is neither preprocessor_config.json (images) nor ${tokenizer} (texts)`,
    );
  const configured = await exists(join(directory, tokenizerConfig));
  const files = { model, tokenizer, ...(configured ? { tokenizerConfig } : {}) };
  return checked(directory, {
    ...common,
    modality: "text",
    ...(await poolingOf(directory, source)),
    files,
    sha256: await hashesOf(directory, [...weights, ...Object.values(files)]),
    text: {
      maxLength: await readMaxLength(directory, config.max_position_embeddings),
      pad: config.pad_token_id ?? 0,
    },
  });
};

/** A folder that does not record it has the vectors of before: the mean where no file says otherwise. */
const poolingOf = async (
  directory: string,
  source: FolderSource | undefined,
): Promise<Pick<EncoderManifest, "pooling" | "output">> => {
  const { mode, output } = source?.pooling ?? {};
  if (mode === undefined) return { pooling: (await readPooling(directory))?.mode ?? "mean" };
  return { pooling: mode, ...(output === undefined ? {} : { output }) };
};

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
    wanted,
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
