import { join } from "node:path";
import { z } from "zod";
import { readJsonIfThere, wrongFolder } from "./folder.ts";

const modules = z.array(z.looseObject({ type: z.string(), path: z.string().default("") }));
/** Supported sentence-transformers modules. `Normalize` has no effect: vectors always get norm 1. */
const KNOWN_MODULES = new Set(["Transformer", "Pooling", "Normalize"]);

const poolingConfig = z.looseObject({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  /** Differs from the mean only in length, which normalisation removes. */
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
});

/**
 * Reads the pooling of a sentence-transformers folder, and which file says it; null if none does.
 *
 * @throws AnchorageError `corrupt-file` if the folder needs unsupported pooling or further modules, such as a dense layer
 */
export const readPooling = async (
  directory: string,
): Promise<{ readonly mode: "cls" | "mean" | "last"; readonly from: string } | null> => {
  const steps = await readJsonIfThere(directory, "modules.json", modules);
  for (const { type } of steps ?? []) {
    const name = nameOf(type);
    if (!KNOWN_MODULES.has(name)) throw wrongFolder(directory, `modules.json: ${name} is not supported`);
  }
  const path = steps?.find(({ type }) => nameOf(type) === "Pooling")?.path ?? "1_Pooling";
  const file = join(path, "config.json");
  const config = await readJsonIfThere(directory, file, poolingConfig);
  if (config === undefined) return null;
  const asked = [
    ...(config.pooling_mode_cls_token ? (["cls"] as const) : []),
    ...(config.pooling_mode_mean_tokens || config.pooling_mode_mean_sqrt_len_tokens
      ? (["mean"] as const)
      : []),
    ...(config.pooling_mode_lasttoken ? (["last"] as const) : []),
  ];
  const [pooling] = asked;
  const other = config.pooling_mode_max_tokens || config.pooling_mode_weightedmean_tokens;
  if (other || asked.length !== 1 || pooling === undefined)
    throw wrongFolder(directory, `${file} must ask for exactly one of cls, mean and last token`);
  return { mode: pooling, from: file.replaceAll("\\", "/") };
};

/** Modules of a sentence-transformers folder that this service does not run, such as a dense layer. */
export const readFurtherModules = async (directory: string): Promise<readonly string[]> => {
  const steps = (await readJsonIfThere(directory, "modules.json", modules)) ?? [];
  return steps.map(({ type }) => nameOf(type)).filter((name) => !KNOWN_MODULES.has(name));
};

const nameOf = (type: string): string => type.split(".").at(-1) ?? type;

const length = z.looseObject({ max_seq_length: z.int().positive().nullish() });
/** Tokenizers without a limit write a huge number, which is not a safe integer. */
const tokenizerLength = z.looseObject({ model_max_length: z.number().positive().nullish() });
const LONGEST = 512;

/** The maximum length in tokens: as in training if it is specified, otherwise the smallest known limit, at most 512. */
export const readMaxLength = async (directory: string, positions: number | undefined): Promise<number> => {
  const trained = await readJsonIfThere(directory, "sentence_bert_config.json", length);
  if (trained?.max_seq_length != null) return trained.max_seq_length;
  const tokenizer = await readJsonIfThere(directory, "tokenizer_config.json", tokenizerLength);
  return Math.floor(Math.min(positions ?? LONGEST, tokenizer?.model_max_length ?? LONGEST, LONGEST));
};
