import { join } from "node:path";
import { z } from "zod";
import { exists, readFolderJson, readJsonIfThere } from "./folder.ts";

const size = z.int().positive().nullish();
const tower = {
  model_type: z.string().nullish(),
  hidden_size: size,
  d_model: size,
  hidden_sizes: z.array(z.int().positive()).nullish(),
  max_position_embeddings: size,
  pad_token_id: z.int().nonnegative().nullish(),
};

/** The parts of `config.json` that say how a network is used: its own, those of two towers, and those of timm. */
const modelConfig = z.looseObject({
  ...tower,
  vision_config: z.looseObject(tower).nullish(),
  text_config: z.looseObject(tower).nullish(),
  /** Width of the space that two towers share. */
  projection_dim: size,
  /** Of DINO: tokens between CLS and the patches. */
  num_register_tokens: z.int().nonnegative().nullish(),
  /** Of timm. */
  num_features: size,
});

export type ModelConfig = z.output<typeof modelConfig>;

const OPEN_CLIP = "open_clip_config.json";

/**
 * Reads `config.json`. A folder of open_clip may come without one.
 *
 * @throws AnchorageError `corrupt-file` if it is missing or invalid
 */
export const readModelConfig = async (directory: string): Promise<ModelConfig> => {
  if (await exists(join(directory, OPEN_CLIP)))
    return (await readJsonIfThere(directory, "config.json", modelConfig)) ?? {};
  return readFolderJson(directory, "config.json", modelConfig);
};

/** The part of a configuration that describes the tower of `modality`. */
export const towerOf = (
  config: ModelConfig,
  modality: "image" | "text",
): z.output<z.ZodObject<typeof tower>> =>
  (modality === "image" ? config.vision_config : config.text_config) ?? config;

/** Width of the hidden states; undefined where the configuration leaves it at a default of its family. */
export const dimensionOf = (config: ModelConfig, modality: "image" | "text"): number | undefined => {
  const own = towerOf(config, modality);
  return own.hidden_size ?? own.d_model ?? own.hidden_sizes?.at(-1) ?? config.num_features ?? undefined;
};

/** Kinds of the network, such as `siglip` and `siglip_vision_model`; empty where none is named. */
export const kindsOf = (config: ModelConfig, modality: "image" | "text"): readonly string[] =>
  [config.model_type, towerOf(config, modality).model_type].flatMap((kind) => kind ?? []);
