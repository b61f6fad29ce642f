import { AnchorageError } from "../../errors.ts";
import { chooseModel, isInside } from "../../encoders/index.ts";

/** Files that describe an encoder, if its repository has them. */
const DESCRIPTIONS = new Set([
  "config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "modules.json",
  "sentence_bert_config.json",
]);
const POOLING = /^\d+_Pooling\/config\.json$/;

/**
 * Selects the repository's files that an encoder's folder needs, descriptions first, the network last.
 *
 * @throws AnchorageError `not-found` if it has no ONNX file or not the requested one, with the names of existing
 * ones; `unsupported-model` if it is neither an image nor a text encoder.
 */
export const wantedFiles = <File extends { readonly path: string }>(
  wanted: { readonly name: string; readonly file?: string },
  files: readonly File[],
): { readonly files: readonly File[]; readonly model: string } => {
  const choice = chooseModel(
    files.map(({ path }) => path),
    wanted.file,
  );
  if ("problem" in choice) throw new AnchorageError("not-found", `${wanted.name}: ${choice.problem}.`);
  if (!isInside(choice.file))
    throw new AnchorageError(
      "corrupt-file",
      `${wanted.name} lists ${choice.file}, which is outside of its folder.`,
    );
  const descriptions = files.filter(({ path }) => DESCRIPTIONS.has(path) || POOLING.test(path));
  const has = (path: string): boolean => descriptions.some((file) => file.path === path);
  if (!has("config.json") || !(has("tokenizer.json") || has("preprocessor_config.json")))
    throw new AnchorageError(
      "unsupported-model",
      `${wanted.name} has no config.json with a tokenizer.json (texts) or a preprocessor_config.json (images).`,
    );
  return {
    files: [...descriptions, ...files.filter(({ path }) => path === choice.file)],
    model: choice.file,
  };
};
