import { z } from "zod";
import { isInside } from "./external-data.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hex");
const rgb = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().positive();
/** A batch of larger inputs would not fit in memory. */
const pixels = z.int().min(1).max(1024);
const size = { width: pixels, height: pixels };
const file = z.string().refine(isInside, "must be a path in the folder, its parts separated by /");

const imagePreprocessing = z.strictObject({
  ...size,
  /**
   * How a picture is brought to the size: `stretch` ignores its aspect, `cover` fills and crops the centre, `contain`
   * fits and pads with the background, `shortest-edge` scales the shorter side to `shortestEdge` and crops the centre.
   */
  resize: z.enum(["stretch", "cover", "contain", "shortest-edge"]).default("cover"),
  /** Where absent, the larger of width and height. */
  shortestEdge: pixels.optional(),
  /** What `stretch` stretches to before it crops the centre; where absent, width and height. */
  stretchTo: z.strictObject(size).optional(),
  interpolation: z.enum(["nearest", "bilinear", "bicubic", "lanczos"]).default("bilinear"),
  /** What transparent pixels are laid on. */
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff"),
  /** A byte times this ... */
  rescale: positive.default(1 / 255),
  /** ... minus the mean, divided by the standard deviation, a channel. */
  mean: rgb.default([0, 0, 0]),
  std: z.tuple([positive, positive, positive]).default([1, 1, 1]),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  channels: z.enum(["rgb", "bgr"]).default("rgb"),
});

/** How the pixels of a picture become a tensor: resize, crop, flatten, rescale, normalise, lay out. */
export type ImagePreprocessing = z.infer<typeof imagePreprocessing>;

/** A crop is never larger than what it is cut from: nothing is padded. */
const holdsCrop = ({ width, height, shortestEdge, stretchTo }: ImagePreprocessing): boolean =>
  Math.min(shortestEdge ?? Infinity, stretchTo?.width ?? Infinity) >= width &&
  Math.min(shortestEdge ?? Infinity, stretchTo?.height ?? Infinity) >= height;

/** Each measure belongs to one way of resizing, and would be ignored by the others. */
const measuresItsWay = ({ resize, shortestEdge, stretchTo }: ImagePreprocessing): boolean =>
  (shortestEdge === undefined || resize === "shortest-edge") &&
  (stretchTo === undefined || resize === "stretch");

const common = {
  version: z.literal(1),
  id: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      "must be 1 to 100 letters, digits, dots, dashes or underscores",
    ),
  dimension: z.int().positive(),
  source: z.string(),
  licence: z.string(),
  /** Whether a collection that names no encoder of this modality gets this one. */
  default: z.boolean().default(false),
  /** Of every file of the encoder, by its path in the folder. */
  sha256: z.record(file, sha256),
  /** The output that is read; the first where absent. */
  output: z.string().optional(),
  /** `none` for an output `[n, d]`; the others turn `[n, tokens, d]` into one vector. */
  pooling: z.enum(["none", "cls", "mean", "last"]).default("none"),
};

const layer = z.strictObject({
  /** Unique within the encoder; its vectors are asked for as `<encoder>#<name>`. */
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      "must be 1 to 100 letters, digits, dots, dashes or underscores",
    ),
  /** Of the model's file: `[n, d]`, or `[n, tokens, d]`, which is pooled. */
  output: z.string(),
  dimension: z.int().positive(),
  pooling: z.enum(["none", "cls", "mean"]).default("none"),
  /** A layer normalisation of the pooled vector, its `weight` and `bias` lists in a JSON file of the folder. */
  norm: z.strictObject({ file, epsilon: positive.default(1e-6) }).optional(),
});

/** Outputs between an encoder's input and its end, the shallowest first. */
export const layerList = z
  .array(layer)
  .min(1)
  .max(64)
  .superRefine((layers, context) => {
    const names = layers.map(({ name }) => name);
    const twice = names.findIndex((name, i) => names.indexOf(name) < i);
    if (twice >= 0)
      context.addIssue({ code: "custom", path: [twice, "name"], message: "is another layer's, too" });
  });

/** What a layer's vectors are brought to before they are read. */
export interface FinalNorm {
  readonly epsilon: number;
  readonly weight: readonly number[];
  readonly bias: readonly number[];
}

/** Of an intermediate output, whose vectors keep their length. */
export interface LayerReading {
  readonly norm: FinalNorm | null;
}

const imageManifest = z.strictObject({
  ...common,
  modality: z.literal("image"),
  layers: layerList.optional(),
  files: z.strictObject({ model: file }),
  image: imagePreprocessing
    .refine(holdsCrop, "crops more (width, height) than it resizes to; padding is not supported")
    .refine(measuresItsWay, 'takes shortestEdge with the resize "shortest-edge", stretchTo with "stretch"'),
  inputs: z.strictObject({ image: z.string() }).default({ image: "pixel_values" }),
});

const textManifest = z.strictObject({
  ...common,
  modality: z.literal("text"),
  files: z.strictObject({ model: file, tokenizer: file, tokenizerConfig: file.optional() }),
  text: z.strictObject({
    /** `huggingface` reads a tokenizer.json, `use-lite` the vocabulary of Universal Sentence Encoder Lite. */
    tokenizer: z.enum(["huggingface", "use-lite"]).default("huggingface"),
    /** In tokens, special ones included. */
    maxLength: z.int().min(1).max(8192),
    pad: z.int().nonnegative().default(0),
  }),
  inputs: z
    .strictObject({ ids: z.string(), mask: z.string().optional(), types: z.string().optional() })
    .default({ ids: "input_ids", mask: "attention_mask", types: "token_type_ids" }),
});

/** `encoder.json`: everything about an encoder that its weights do not say. */
export const encoderManifest = z
  .discriminatedUnion("modality", [imageManifest, textManifest])
  .superRefine(({ files, sha256: known }, context) => {
    for (const path of Object.values(files) as string[]) {
      if (known[path] === undefined)
        context.addIssue({ code: "custom", path: ["sha256", path], message: "is missing" });
    }
  });

/** `layer` stands in none that is read: it makes one for each of the layers. */
export type ImageManifest = z.infer<typeof imageManifest> & { readonly layer?: LayerReading };
export type TextManifest = z.infer<typeof textManifest>;
export type EncoderManifest = ImageManifest | TextManifest;

export const MANIFEST_FILE = "encoder.json";
/** The list of layers of a folder that has no {@link MANIFEST_FILE}. */
export const LAYERS_FILE = "layers.json";
