import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AnchorageError } from "../errors.ts";
import { readFolderJson, readJsonIfThere } from "./folder.ts";
import { readGraphPorts } from "./graph-ports.ts";
import { readMaxLength } from "./hugging-face-text.ts";
import { kindsOf, towerOf, type ModelConfig } from "./model-config.ts";

const token = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);
const tokenizerConfig = z.looseObject({
  tokenizer_class: z.string().nullish(),
  pad_token: token.nullish(),
  padding_side: z.enum(["left", "right"]).nullish(),
  do_lower_case: z.boolean().nullish(),
});
const tokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).default([]),
  model: z.looseObject({ type: z.string().optional(), vocab: z.unknown().optional() }),
});

/** Kinds of which @huggingface/tokenizers has an implementation. */
const KNOWN_TOKENIZERS = new Set(["WordPiece", "BPE", "Unigram"]);
/** Positions of SigLIP's text tower (`SiglipTextConfig`), which a configuration leaves out. */
const SIGLIP_LENGTH = 64;

/**
 * Reads how texts become tokens: the limit, the token and the length that texts are padded to, and lower case.
 *
 * - A graph with a fixed number of tokens is padded to it.
 * - SigLIP is trained with 64 tokens always, and its graphs have no mask
 *   (huggingface.co/docs/transformers/model_doc/siglip, `padding="max_length"`). A bare `config.json` of CLIP is MobileCLIP,
 *   which is used in the same way with 77 (the model card of Xenova/mobileclip_s0).
 * - SigLIP 2 takes texts in lower case, which its tokenizer, Gemma's, does not do by itself (`lower` of big_vision's
 *   configuration for SigLIP 2).
 *
 * @param model path of the ONNX file, relative to `directory`
 * @throws AnchorageError `unsupported-model` for a tokenizer of an unknown kind, `corrupt-file`
 */
export const readTokenization = async (directory: string, config: ModelConfig, model: string) => {
  const file = await readFolderJson(directory, "tokenizer.json", tokenizerFile);
  const { type = "BPE" } = file.model;
  if (!KNOWN_TOKENIZERS.has(type))
    throw new AnchorageError(
      "unsupported-model",
      `tokenizer.json is of the kind ${type}; ${[...KNOWN_TOKENIZERS].join(", ")} are supported.`,
    );
  const settings = (await readJsonIfThere(directory, "tokenizer_config.json", tokenizerConfig)) ?? {};
  const own = towerOf(config, "text");
  const isSiglip = kindsOf(config, "text").some((kind) => kind.startsWith("siglip"));
  const isBareClip = config.model_type === "clip" && config.text_config == null;
  const positions = own.max_position_embeddings ?? (isSiglip ? SIGLIP_LENGTH : undefined);
  const limit = await readMaxLength(directory, positions);
  const { inputs } = await readGraphPorts(directory, model);
  const fixed = inputs.find(({ name }) => name === "input_ids")?.dims[1] ?? undefined;
  const padTo = fixed ?? (isSiglip || isBareClip ? limit : undefined);
  // With a mask and positions of its own, a network gives the same vectors whichever side is padded.
  if (settings.padding_side === "left" && padTo !== undefined)
    throw new AnchorageError(
      "unsupported-model",
      `tokenizer_config.json pads on the left to ${padTo} tokens; a fixed length is supported with padding on the right.`,
    );
  const isLower = await lowersAlready(directory);
  const wantsLower =
    settings.do_lower_case === true || (isSiglip && (settings.tokenizer_class ?? "").startsWith("Gemma"));
  const named = file.added_tokens.find(({ content }) => content === settings.pad_token)?.id;
  return {
    maxLength: Math.min(limit, fixed ?? limit),
    pad: named ?? own.pad_token_id ?? config.pad_token_id ?? 0,
    ...(padTo === undefined ? {} : { padTo }),
    ...(wantsLower && !isLower ? { lowerCase: true } : {}),
  };
};

/** Whether the tokenizer puts texts in lower case by itself. */
const lowersAlready = async (directory: string): Promise<boolean> => {
  const { normalizer } = z
    .looseObject({ normalizer: z.unknown().optional() })
    .parse(JSON.parse(await readFile(join(directory, "tokenizer.json"), "utf8")));
  return /"type":"Lowercase"|"lowercase":true/.test(JSON.stringify(normalizer ?? null));
};
