import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hex");
const rgb = z.tuple([z.number(), z.number(), z.number()]);
const size = z.object({ width: z.number().int().positive(), height: z.number().int().positive() });

/** How the pixels of a picture become a tensor: resize, crop, flatten, rescale, normalise, lay out. */
export const imagePreprocessing = size.extend({
  /**
   * How a picture is brought to the size: `stretch` ignores its aspect, `cover` fills and crops, `contain` fits and
   * pads with the background, `shortest-edge` scales the shorter side to `shortestEdge` and crops the centre.
   */
  resize: z.enum(["stretch", "cover", "contain", "shortest-edge"]).default("cover"),
  shortestEdge: z.number().int().positive().optional(),
  interpolation: z.enum(["nearest", "bilinear", "bicubic", "lanczos"]).default("bilinear"),
  /** What transparent pixels are laid on. */
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff"),
  /** A byte times this ... */
  rescale: z
    .number()
    .positive()
    .default(1 / 255),
  /** ... minus the mean, divided by the standard deviation, a channel. */
  mean: rgb.default([0, 0, 0]),
  std: rgb.default([1, 1, 1]),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  channels: z.enum(["rgb", "bgr"]).default("rgb"),
});

/** A crop is never larger than what it is cut from. */
const holdsCrop = ({ width, height, shortestEdge }: z.infer<typeof imagePreprocessing>): boolean =>
  shortestEdge === undefined || shortestEdge >= Math.max(width, height);

const common = {
  version: z.literal(1),
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be 1 to 100 letters, digits, dots, dashes"),
  dimension: z.number().int().positive(),
  source: z.string(),
  licence: z.string(),
  /** Whether a collection that names no encoder of this modality gets this one. */
  default: z.boolean().default(false),
  /** Of every file of the encoder, by its path in the folder. */
  sha256: z.record(z.string(), sha256),
  /** The output that is read; the first where absent. */
  output: z.string().optional(),
  /** `none` for an output `[n, d]`; the others turn `[n, tokens, d]` into one vector. */
  pooling: z.enum(["none", "cls", "mean", "last"]).default("none"),
};

const imageManifest = z.object({
  ...common,
  modality: z.literal("image"),
  files: z.object({ model: z.string() }),
  image: imagePreprocessing.refine(holdsCrop, {
    path: ["shortestEdge"],
    message: "must be at least width and height",
  }),
  inputs: z.object({ image: z.string() }).default({ image: "pixel_values" }),
});

const textManifest = z.object({
  ...common,
  modality: z.literal("text"),
  files: z.object({ model: z.string(), tokenizer: z.string(), tokenizerConfig: z.string().optional() }),
  text: z.object({
    /** `huggingface` reads a tokenizer.json, `use-lite` the vocabulary of Universal Sentence Encoder Lite. */
    tokenizer: z.enum(["huggingface", "use-lite"]).default("huggingface"),
    /** In tokens, special ones included. */
    maxLength: z.number().int().positive(),
    pad: z.number().int().nonnegative().default(0),
  }),
  inputs: z
    .object({ ids: z.string(), mask: z.string().optional(), types: z.string().optional() })
    .default({ ids: "input_ids", mask: "attention_mask", types: "token_type_ids" }),
});

/** `encoder.json`: everything about an encoder that its weights do not say. */
export const encoderManifest = z
  .discriminatedUnion("modality", [imageManifest, textManifest])
  .superRefine(({ files, sha256: known }, context) => {
    for (const file of Object.values(files) as string[]) {
      if (known[file] === undefined)
        context.addIssue({ code: "custom", path: ["sha256", file], message: "is missing" });
    }
  });

export type EncoderManifest = z.infer<typeof encoderManifest>;
export type ImageManifest = z.infer<typeof imageManifest>;
export type TextManifest = z.infer<typeof textManifest>;
export type ImagePreprocessing = z.infer<typeof imagePreprocessing>;

export const MANIFEST_FILE = "encoder.json";
