import { z } from "zod";
import { readJsonIfThere, wrongFolder } from "./folder.ts";

const rgb = z.tuple([z.number(), z.number(), z.number()]);
const pixels = z.int().positive();
const FILTERS = ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"] as const;

/** The standard of open_clip, which a configuration leaves out (`OPENAI_DATASET_MEAN`). */
const OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const OPENAI_STD = [0.26862954, 0.26130258, 0.27577711] as const;
/** The standard of timm (`IMAGENET_DEFAULT_MEAN`). */
const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

const OPEN_CLIP = "open_clip_config.json";
const openClip = z.looseObject({
  model_cfg: z.looseObject({
    vision_cfg: z.looseObject({ image_size: z.union([pixels, z.tuple([pixels, pixels])]).default(224) }),
  }),
  preprocess_cfg: z
    .looseObject({
      size: z.union([pixels, z.tuple([pixels, pixels])]).optional(),
      mean: rgb.optional(),
      std: rgb.optional(),
      interpolation: z.enum(FILTERS).default("bicubic"),
      resize_mode: z.string().default("shortest"),
    })
    .default({ interpolation: "bicubic", resize_mode: "shortest" }),
});

/**
 * Reads the preprocessing of `open_clip_config.json` as `image_transform` of open_clip does for inference.
 *
 * @returns undefined if there is no such file
 * @throws AnchorageError `corrupt-file` for a way of resizing that pads
 */
export const readOpenClip = async (directory: string) => {
  const config = await readJsonIfThere(directory, OPEN_CLIP, openClip);
  if (config === undefined) return undefined;
  const { size, mean, std, interpolation, resize_mode: mode } = config.preprocess_cfg;
  const given = size ?? config.model_cfg.vision_cfg.image_size;
  const [height, width] = typeof given === "number" ? [given, given] : given;
  const common = {
    ...{ width, height, interpolation },
    ...{ mean: mean ?? OPENAI_MEAN, std: std ?? OPENAI_STD, rescale: 1 / 255 },
  };
  if (mode === "squash") return { ...common, resize: "stretch" };
  if (mode !== "shortest" || width !== height)
    throw wrongFolder(
      directory,
      `${OPEN_CLIP}: resize_mode ${mode} to ${width} x ${height} is not supported; shortest to a square is, and squash`,
    );
  return { ...common, resize: "shortest-edge", shortestEdge: width, cropRounding: "even" };
};

const TIMM = "config.json";
const pretrained = {
  input_size: z.tuple([z.literal(3), pixels, pixels]),
  interpolation: z.enum(FILTERS).default("bicubic"),
  crop_pct: z.number().positive().max(1).default(0.875),
  crop_mode: z.string().default("center"),
  mean: rgb.default([...IMAGENET_MEAN]),
  std: rgb.default([...IMAGENET_STD]),
};
const architecture = z.looseObject({
  architecture: z.string().optional(),
  pretrained_cfg: z.unknown().optional(),
});
const timm = z.looseObject({ pretrained_cfg: z.looseObject(pretrained) });
const flatTimm = z
  .looseObject(pretrained)
  .transform((pretrained_cfg): z.output<typeof timm> => ({ pretrained_cfg }));

/**
 * Reads the preprocessing of timm's `config.json` as `transforms_imagenet_eval` does: resize to the input size divided by
 * `crop_pct`, then crop the centre.
 *
 * @returns undefined if `config.json` is not timm's
 * @throws AnchorageError `corrupt-file` for a crop mode other than `center` and `squash`
 */
export const readTimm = async (directory: string) => {
  const kind = await readJsonIfThere(directory, TIMM, architecture);
  if (kind?.architecture === undefined) return undefined;
  const config = await readJsonIfThere(directory, TIMM, kind.pretrained_cfg === undefined ? flatTimm : timm);
  if (config === undefined) return undefined;
  const { input_size, interpolation, crop_pct: share, crop_mode: mode, mean, std } = config.pretrained_cfg;
  const [, height, width] = input_size;
  const scaled = { width: Math.floor(width / share), height: Math.floor(height / share) };
  const common = { ...{ width, height, interpolation, mean, std }, rescale: 1 / 255, cropRounding: "even" };
  if (mode === "squash") return { ...common, resize: "stretch", stretchTo: scaled };
  if (mode !== "center" || width !== height)
    throw wrongFolder(
      directory,
      `${TIMM}: crop_mode ${mode} to ${width} x ${height} is not supported; center to a square is, and squash`,
    );
  return { ...common, resize: "shortest-edge", shortestEdge: scaled.width };
};
