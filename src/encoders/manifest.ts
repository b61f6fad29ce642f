import { z } from "zod";
import { isInside } from "./external-data.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hex");
const rgb = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().positive();
/** Batches of larger inputs would not fit in memory. */
const pixels = z.int().min(1).max(1024);
const size = { width: pixels, height: pixels };
const file = z.string().refine(isInside, "must be a path in the folder, its parts separated by /");

const imagePreprocessing = z.strictObject({
  ...size,
  /**
   * How an image is resized: `stretch` ignores its aspect ratio, `cover` fills the size and crops the centre, `contain`
   * fits and pads with the background, `shortest-edge` scales the shorter side to `shortestEdge` and crops the centre.
   */
  resize: z.enum(["stretch", "cover", "contain", "shortest-edge"]).default("cover"),
  /** Only for `shortest-edge`; default: the larger of width and height. */
  shortestEdge: pixels.optional(),
  /** Only for `stretch`: the size before the centre crop; default: width and height. */
  stretchTo: z.strictObject(size).optional(),
  /** `box` and `hamming` only with `resampler`. */
  interpolation: z.enum(["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]).default("bilinear"),
  /** Resizes as Pillow does, to the byte; default: libvips, which is within a few of 256 levels of it. */
  resampler: z.literal("pillow").optional(),
  /** Where half a pixel remains on a side of a crop; default: rounded down, as transformers does; torchvision rounds to even. */
  cropRounding: z.literal("even").optional(),
  /** Colour behind transparent pixels. */
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff"),
  /** Factor from byte to float; then the mean is subtracted, and the result divided by the standard deviation. */
  rescale: positive.default(1 / 255),
  /** Per channel, in units of the rescaled values. */
  mean: rgb.default([0, 0, 0]),
  std: z.tuple([positive, positive, positive]).default([1, 1, 1]),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  channels: z.enum(["rgb", "bgr"]).default("rgb"),
});

/** How an image becomes a tensor: resize, crop, flatten, rescale, normalise and lay out. */
export type ImagePreprocessing = z.infer<typeof imagePreprocessing>;

/** A crop must not be larger than the resized image, because padding is not supported. */
const holdsCrop = ({ width, height, shortestEdge, stretchTo }: ImagePreprocessing): boolean =>
  Math.min(shortestEdge ?? Infinity, stretchTo?.width ?? Infinity) >= width &&
  Math.min(shortestEdge ?? Infinity, stretchTo?.height ?? Infinity) >= height;

/** Rejects options that the chosen resize mode would ignore. */
const measuresItsWay = ({ resize, shortestEdge, stretchTo }: ImagePreprocessing): boolean =>
  (shortestEdge === undefined || resize === "shortest-edge") &&
  (stretchTo === undefined || resize === "stretch");

/** libvips has neither filter. */
const hasFilter = ({ interpolation, resampler }: ImagePreprocessing): boolean =>
  resampler !== undefined || (interpolation !== "box" && interpolation !== "hamming");

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
  /** Whether it is the default for collections that specify no encoder of this modality. */
  default: z.boolean().default(false),
  /** SHA-256 of every file of the encoder, by path in the folder. */
  sha256: z.record(file, sha256),
  /** Name of the network's output to use; default: the first. */
  output: z.string().optional(),
  /** `none` for an output `[n, d]`; the other modes reduce `[n, tokens, d]` to `[n, d]`, `cls+mean` to `[n, 2d]`. */
  pooling: z.enum(["none", "cls", "mean", "last", "cls+mean"]).default("none"),
  /** Only for `cls+mean`: tokens before the patches, which are CLS and registers. The mean is that of the patches. */
  prefixTokens: z.int().positive().optional(),
};

const layer = z.strictObject({
  /** Unique within the encoder. The layer's encoder id is `<encoder>#<name>`. */
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      "must be 1 to 100 letters, digits, dots, dashes or underscores",
    ),
  /** Name of the network's output: `[n, d]`, or `[n, tokens, d]` with pooling. */
  output: z.string(),
  dimension: z.int().positive(),
  pooling: z.enum(["none", "cls", "mean"]).default("none"),
  /** Layer normalisation of the pooled vector; `file` is a JSON file with the arrays `weight` and `bias`. */
  norm: z.strictObject({ file, epsilon: positive.default(1e-6) }).optional(),
});

/** Schema of an encoder's intermediate outputs, shallowest first. */
export const layerList = z
  .array(layer)
  .min(1)
  .max(64)
  .superRefine((layers, context) => {
    const names = layers.map(({ name }) => name);
    const twice = names.findIndex((name, i) => names.indexOf(name) < i);
    if (twice >= 0)
      context.addIssue({
        code: "custom",
        path: [twice, "name"],
        message: "is also the name of another layer",
      });
  });

/** Parameters of the layer normalisation of a layer's vectors. */
export interface FinalNorm {
  readonly epsilon: number;
  readonly weight: readonly number[];
  readonly bias: readonly number[];
}

/** How an intermediate output is read. Its vectors are not scaled to norm 1. */
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
    .refine(measuresItsWay, 'takes shortestEdge with the resize "shortest-edge", stretchTo with "stretch"')
    .refine(hasFilter, 'takes the interpolations "box" and "hamming" with the resampler "pillow" only'),
  inputs: z.strictObject({ image: z.string() }).default({ image: "pixel_values" }),
});

const textManifest = z.strictObject({
  ...common,
  modality: z.literal("text"),
  files: z.strictObject({ model: file, tokenizer: file, tokenizerConfig: file.optional() }),
  text: z.strictObject({
    /** `huggingface` for tokenizer.json, `use-lite` for the vocabulary of Universal Sentence Encoder Lite. */
    tokenizer: z.enum(["huggingface", "use-lite"]).default("huggingface"),
    /** Maximum number of tokens, including special tokens. */
    maxLength: z.int().min(1).max(8192),
    pad: z.int().nonnegative().default(0),
    /** Every text is padded to this many tokens; default: to the longest text of its batch. */
    padTo: z.int().min(1).max(8192).optional(),
    /** Texts are put in lower case before the tokenizer. */
    lowerCase: z.literal(true).optional(),
  }),
  inputs: z
    .strictObject({ ids: z.string(), mask: z.string().optional(), types: z.string().optional() })
    .default({ ids: "input_ids", mask: "attention_mask", types: "token_type_ids" }),
});

/** Schema of `encoder.json`: everything about an encoder except its weights. */
export const encoderManifest = z
  .discriminatedUnion("modality", [imageManifest, textManifest])
  .superRefine(({ files, sha256: known }, context) => {
    for (const path of Object.values(files) as string[]) {
      if (known[path] === undefined)
        context.addIssue({ code: "custom", path: ["sha256", path], message: "is missing" });
    }
  });

/** `layer` is never in a file: it is set on the manifest derived for each intermediate output. */
export type ImageManifest = z.infer<typeof imageManifest> & { readonly layer?: LayerReading };
export type TextManifest = z.infer<typeof textManifest>;
/** The validated manifest of an image or text encoder. */
export type EncoderManifest = ImageManifest | TextManifest;

/** Name of the manifest file in an encoder folder. */
export const MANIFEST_FILE = "encoder.json";
/** Name of the file that lists the layers of a folder without {@link MANIFEST_FILE}. */
export const LAYERS_FILE = "layers.json";
