import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";

/** A name of a decoder's folder, as a request may give it. */
export const DECODER_ID = /^[a-z0-9][a-z0-9._-]{0,62}$/;

const hubConfig = z.object({
  model_type: z.literal("opt").optional(),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  word_embed_proj_dim: z.int().positive().optional(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  ffn_dim: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  activation_function: z.literal("relu").default("relu"),
  enable_bias: z.literal(true).default(true),
  layer_norm_elementwise_affine: z.literal(true).default(true),
  pad_token_id: z.int().nonnegative().default(1),
  bos_token_id: z.int().nonnegative().default(2),
  eos_token_id: z.int().nonnegative().default(2),
});

/** The shape of a decoder of the OPT architecture (Zhang et al., arXiv 2205.01068). */
export interface DecoderConfig {
  readonly vocabulary: number;
  /** The width of the layers, and of the word embeddings, which are projected where they differ. */
  readonly hidden: number;
  readonly wordWidth: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  /** Positions that have an embedding. */
  readonly positions: number;
  /** Whether layers are normalised before or after. */
  readonly normFirst: boolean;
  readonly finalNorm: boolean;
  readonly pad: number;
  readonly bos: number;
  readonly eos: number;
}

/**
 * Reads a `config.json` as Hugging Face has it.
 *
 * @throws AnchorageError `unsupported-model` that names what is not as this decoder is
 */
export const parseDecoderConfig = (json: unknown): DecoderConfig => {
  const parsed = hubConfig.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new AnchorageError("unsupported-model", `This is no decoder of the OPT kind: ${faults.join("; ")}`);
  }
  const config = parsed.data;
  if (config.hidden_size % config.num_attention_heads !== 0)
    throw new AnchorageError(
      "unsupported-model",
      `A width of ${config.hidden_size} is not to be divided by ${config.num_attention_heads} heads.`,
    );
  return {
    vocabulary: config.vocab_size,
    hidden: config.hidden_size,
    wordWidth: config.word_embed_proj_dim ?? config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    feedForward: config.ffn_dim,
    positions: config.max_position_embeddings,
    normFirst: config.do_layer_norm_before,
    finalNorm: config.do_layer_norm_before && !config._remove_final_layer_norm,
    pad: config.pad_token_id,
    bos: config.bos_token_id,
    eos: config.eos_token_id,
  };
};

/** Rows of the position table that stand before position 0. */
export const POSITION_OFFSET = 2;
export const NORM_EPSILON = 1e-5;

/** The name and shape of every weight, as Hugging Face calls them; matrices are `[out, in]`. */
export const weightShapes = (config: DecoderConfig): Map<string, readonly number[]> => {
  const { vocabulary, hidden, wordWidth, feedForward, positions } = config;
  const shapes = new Map<string, readonly number[]>([
    ["model.decoder.embed_tokens.weight", [vocabulary, wordWidth]],
    ["model.decoder.embed_positions.weight", [positions + POSITION_OFFSET, hidden]],
  ]);
  const norm = (name: string): void => {
    shapes.set(`${name}.weight`, [hidden]).set(`${name}.bias`, [hidden]);
  };
  const linear = (name: string, out: number, into: number): void => {
    shapes.set(`${name}.weight`, [out, into]).set(`${name}.bias`, [out]);
  };
  if (wordWidth !== hidden) {
    shapes.set("model.decoder.project_in.weight", [hidden, wordWidth]);
    shapes.set("model.decoder.project_out.weight", [wordWidth, hidden]);
  }
  if (config.finalNorm) norm("model.decoder.final_layer_norm");
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.decoder.layers.${layer}`;
    for (const name of ["k_proj", "v_proj", "q_proj", "out_proj"])
      linear(`${at}.self_attn.${name}`, hidden, hidden);
    norm(`${at}.self_attn_layer_norm`);
    linear(`${at}.fc1`, feedForward, hidden);
    linear(`${at}.fc2`, hidden, feedForward);
    norm(`${at}.final_layer_norm`);
  }
  return shapes;
};
