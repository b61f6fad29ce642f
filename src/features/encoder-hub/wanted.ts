import { AnchorageError } from "../../errors.ts";
import { chooseModel, isInside, type Precision, type Tower } from "../../encoders/index.ts";

/** Files that describe an encoder, if its repository has them. */
const DESCRIPTIONS = new Set([
  "config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "open_clip_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
]);
const POOLING = /^\d+_Pooling\/config\.json$/;

/** Which of a repository's networks is wanted. */
export interface ModelChoice {
  /** Path of the ONNX file; default: see `chooseModel`. */
  readonly file?: string | undefined;
  /** The tower of a model for both images and texts. */
  readonly tower?: Tower | undefined;
  readonly precision?: Precision | undefined;
}

/**
 * Selects the repository's files that an encoder's folder needs, descriptions first, the network last.
 *
 * @throws AnchorageError `not-found` if it has no ONNX file or not the requested one, with the names of existing
 * ones; `unsupported-model` if it is neither an image nor a text encoder.
 */
export const wantedFiles = <File extends { readonly path: string }>(
  wanted: ModelChoice & { readonly name: string },
  files: readonly File[],
): { readonly files: readonly File[]; readonly model: string } => {
  const choice = chooseModel(
    files.map(({ path }) => path),
    wanted,
  );
  if ("problem" in choice) {
    const hasNone = !files.some(({ path }) => path.endsWith(".onnx"));
    const how = `; make one by \`optimum-cli export onnx --model ${wanted.name} --task feature-extraction FOLDER\`, then \`anchorage encoders add FOLDER\``;
    throw new AnchorageError("not-found", `${wanted.name}: ${choice.problem}${hasNone ? how : ""}.`);
  }
  if (!isInside(choice.file))
    throw new AnchorageError(
      "corrupt-file",
      `${wanted.name} lists ${choice.file}, which is outside of its folder.`,
    );
  const descriptions = files.filter(({ path }) => DESCRIPTIONS.has(path) || POOLING.test(path));
  const has = (path: string): boolean => descriptions.some((file) => file.path === path);
  if (!has("config.json") && !has("open_clip_config.json"))
    throw new AnchorageError("unsupported-model", `${wanted.name} has no config.json.`);
  return {
    files: [...descriptions, ...files.filter(({ path }) => path === choice.file)],
    model: choice.file,
  };
};
