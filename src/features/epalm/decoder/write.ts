import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensors } from "../adapter/index.ts";
import { writeSafetensors } from "../../files/safetensors/index.ts";
import type { DecoderConfig } from "./config.ts";
import { CONFIG_FILE, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE } from "./folder.ts";

/**
 * Writes a decoder's folder as Hugging Face has it. Each file appears as a whole; `config.json`, by which a folder is
 * known, comes last.
 *
 * @param parts.tensors by the names of {@link weightShapes}
 * @param parts.tokenizer what `tokenizer.json` says
 */
export const writeDecoder = async (
  folder: string,
  parts: { readonly config: DecoderConfig; readonly tensors: Tensors; readonly tokenizer: object },
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const unfinished = join(folder, `.${name}.unfinished`);
    await writeFile(unfinished, content);
    await rename(unfinished, join(folder, name));
  };
  await write(WEIGHTS_FILE, writeSafetensors(parts.tensors, { format: "pt" }));
  await write(TOKENIZER_FILE, `${JSON.stringify(parts.tokenizer)}\n`);
  await write(TOKENIZER_CONFIG_FILE, `${JSON.stringify(TOKENIZER_CONFIG, null, 2)}\n`);
  await write(CONFIG_FILE, `${JSON.stringify(hubConfigOf(parts.config), null, 2)}\n`);
};

const TOKENIZER_CONFIG = {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: "</s>",
  eos_token: "</s>",
  pad_token: "<pad>",
  unk_token: "<unk>",
  clean_up_tokenization_spaces: false,
};

const hubConfigOf = (config: DecoderConfig): object => ({
  architectures: ["OPTForCausalLM"],
  model_type: "opt",
  vocab_size: config.vocabulary,
  hidden_size: config.hidden,
  word_embed_proj_dim: config.wordWidth,
  num_hidden_layers: config.layers,
  num_attention_heads: config.heads,
  ffn_dim: config.feedForward,
  max_position_embeddings: config.positions,
  do_layer_norm_before: config.normFirst,
  _remove_final_layer_norm: config.normFirst && !config.finalNorm,
  activation_function: "relu",
  enable_bias: true,
  layer_norm_elementwise_affine: true,
  pad_token_id: config.pad,
  bos_token_id: config.bos,
  eos_token_id: config.eos,
  tie_word_embeddings: true,
  torch_dtype: "float32",
});
