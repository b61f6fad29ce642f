import { join } from "node:path";
import { z } from "zod";
import { readJsonIfThere, wrongFolder } from "./folder.ts";

const modules = z.array(z.looseObject({ type: z.string(), path: z.string().default("") }));
/** The steps of a sentence encoder that are done here; their output has norm 1, whether `Normalize` is there or not. */
const KNOWN_MODULES = new Set(["Transformer", "Pooling", "Normalize"]);

const poolingConfig = z.looseObject({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  /** The mean but for its length, which goes when vectors are brought to norm 1. */
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
});

/**
 * How a text encoder's folder wants tokens pooled; `mean` where it does not say.
 *
 * @throws AnchorageError `corrupt-file` where it wants what is not supported, a further network after it among that.
 */
export const readPooling = async (directory: string): Promise<"cls" | "mean" | "last"> => {
  const steps = await readJsonIfThere(directory, "modules.json", modules);
  for (const { type } of steps ?? []) {
    const name = nameOf(type);
    if (!KNOWN_MODULES.has(name)) throw wrongFolder(directory, `modules.json: ${name} is not supported`);
  }
  const path = steps?.find(({ type }) => nameOf(type) === "Pooling")?.path ?? "1_Pooling";
  const file = join(path, "config.json");
  const config = await readJsonIfThere(directory, file, poolingConfig);
  if (config === undefined) return "mean";
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
  return pooling;
};

const nameOf = (type: string): string => type.split(".").at(-1) ?? type;

const length = z.looseObject({ max_seq_length: z.int().positive().nullish() });
/** Where a tokenizer knows no bound it writes an astronomical number, which is no integer any more. */
const tokenizerLength = z.looseObject({ model_max_length: z.number().positive().nullish() });
const LONGEST = 512;

/** In tokens: what the sentence encoder was trained with, where it says so; else what its parts can take. */
export const readMaxLength = async (directory: string, positions: number | undefined): Promise<number> => {
  const trained = await readJsonIfThere(directory, "sentence_bert_config.json", length);
  if (trained?.max_seq_length != null) return trained.max_seq_length;
  const tokenizer = await readJsonIfThere(directory, "tokenizer_config.json", tokenizerLength);
  return Math.floor(Math.min(positions ?? LONGEST, tokenizer?.model_max_length ?? LONGEST, LONGEST));
};
