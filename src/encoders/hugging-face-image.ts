import { z } from "zod";
import { readFolderJson, readJsonIfThere, wrongFolder } from "./folder.ts";
import { readOpenClip, readTimm } from "./other-preprocessing.ts";

const PREPROCESSOR = "preprocessor_config.json";
const PROCESSOR = "processor_config.json";

const pixels = z.int().positive();
const square = pixels.transform((side) => ({ height: side, width: side }));
const rectangle = z.object({ height: pixels, width: pixels });
const shortest = z.object({ shortest_edge: pixels });
const rgb = z.union([
  z.tuple([z.number(), z.number(), z.number()]),
  z.number().transform((value): [number, number, number] => [value, value, value]),
]);

/** Newer processors write null for what they leave at its default. */
const flag = (standard: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? standard);

const preprocessorConfig = z.looseObject({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  do_resize: flag(true),
  size: z.union([pixels, rectangle, shortest], {
    error: "must be a number, height and width, or shortest_edge",
  }),
  resample: z.int().nullish(),
  do_center_crop: flag(false),
  crop_size: z.union([square, rectangle], { error: "must be a number, or height and width" }).nullish(),
  crop_pct: z.number().positive().max(1).nullish(),
  do_rescale: flag(true),
  rescale_factor: z
    .number()
    .nullish()
    .transform((value) => value ?? 1 / 255),
  rescale_offset: z.boolean().nullish(),
  do_normalize: flag(true),
  image_mean: rgb.nullish(),
  image_std: rgb.nullish(),
  do_pad: z.boolean().nullish(),
  do_flip_channel_order: z.boolean().nullish(),
});

type PreprocessorConfig = z.infer<typeof preprocessorConfig>;

/** PIL's resampling filters by number. */
const RESAMPLE: Readonly<Record<number, string>> = {
  0: "nearest",
  1: "lanczos",
  2: "bilinear",
  3: "bicubic",
};
/** Filters that libvips lacks. */
const PILLOW_RESAMPLE: Readonly<Record<number, string>> = { ...RESAMPLE, 4: "box", 5: "hamming" };

/** Processors for which a numeric `size` is the shortest edge; for the next set it is the side of a square. */
const NUMBER_IS_SHORTEST_EDGE = new Set([
  "CLIP",
  "ChineseCLIP",
  "Bit",
  "ConvNext",
  "MobileNetV1",
  "MobileNetV2",
]);
const NUMBER_IS_SQUARE = new Set(["ViT", "DeiT", "Beit", "Siglip", "Blip", "DINOv3ViT"]);
/** Processors with special resizing or colour handling that the file does not describe. */
const UNSUPPORTED = new Set(["Levit", "PoolFormer", "EfficientNet", "Siglip2"]);

/** Files that describe how an image encoder preprocesses, the first that is there counts. */
export const IMAGE_DESCRIPTIONS = [PREPROCESSOR, PROCESSOR, "open_clip_config.json", "config.json"] as const;

/**
 * Reads how an image encoder preprocesses: from `preprocessor_config.json` or the `image_processor` of
 * `processor_config.json` as the transformers image processor does that it names, else from `open_clip_config.json`, else
 * from the `config.json` of timm. Unsupported options are errors, never ignored.
 *
 * @param pillow resizes as Pillow does; encoders of before resize by libvips
 * @returns the `image` part of a manifest; undefined if no file describes it
 * @throws AnchorageError `corrupt-file` that names the missing, invalid or unsupported option
 */
export const readPreprocessing = async (directory: string, { pillow }: { readonly pillow: boolean }) => {
  const exact = pillow ? { resampler: "pillow" } : {};
  const processor = await readProcessor(directory);
  if (processor !== undefined) return { ...translate(directory, processor, pillow), ...exact };
  const other = (await readOpenClip(directory)) ?? (await readTimm(directory));
  return other === undefined ? undefined : { ...other, ...exact };
};

interface Processor {
  readonly file: string;
  readonly config: PreprocessorConfig;
}

const bothProcessors = z.looseObject({ image_processor: z.unknown().optional() });

const readProcessor = async (directory: string): Promise<Processor | undefined> => {
  const own = await readJsonIfThere(directory, PREPROCESSOR, preprocessorConfig);
  if (own !== undefined) return { file: PREPROCESSOR, config: own };
  const both = await readJsonIfThere(directory, PROCESSOR, bothProcessors);
  if (both?.image_processor == null) return undefined;
  const nested = await readFolderJson(
    directory,
    PROCESSOR,
    z.looseObject({ image_processor: preprocessorConfig }),
  );
  return { file: PROCESSOR, config: nested.image_processor };
};

const translate = (directory: string, { file, config }: Processor, pillow: boolean) => {
  const refuse = (what: string) => wrongFolder(directory, `${file}: ${what}`);
  const processor = processorOf(config);
  if (UNSUPPORTED.has(processor)) throw refuse(`the ${processor} processor is not supported`);
  if (!config.do_resize) throw refuse("do_resize false is not supported");
  if (config.do_pad === true) throw refuse("do_pad is not supported");
  if (config.rescale_offset === true) throw refuse("rescale_offset is not supported");
  const filters = pillow ? PILLOW_RESAMPLE : RESAMPLE;
  const interpolation = filters[config.resample ?? -1];
  if (interpolation === undefined)
    throw refuse(`resample ${config.resample ?? "(missing)"} is none of ${Object.keys(filters).join(", ")}`);
  const { image_mean: mean, image_std: std } = config;
  if (config.do_normalize && (mean == null || std == null))
    throw refuse("do_normalize needs image_mean and image_std");
  const geometry = geometryOf(config, processor);
  if (typeof geometry === "string") throw refuse(geometry);
  return {
    ...geometry,
    interpolation,
    rescale: config.do_rescale ? config.rescale_factor : 1,
    ...(config.do_normalize ? { mean, std } : {}),
    channels: config.do_flip_channel_order === true ? "bgr" : "rgb",
  };
};

/** The model family, such as `ViT` for `ViTImageProcessorFast` and `ViTFeatureExtractor`. */
const processorOf = (config: PreprocessorConfig): string =>
  (config.image_processor_type ?? config.feature_extractor_type ?? "").replace(
    /(ImageProcessor(Fast)?|FeatureExtractor)$/,
    "",
  );

/** The resize and crop settings, or a message about an unsupported option. */
const geometryOf = (config: PreprocessorConfig, processor: string) => {
  const size = sizeOf(config.size, processor);
  if (typeof size === "string") return size;
  if (config.crop_pct != null && processor !== "ConvNext") return "crop_pct is not supported";
  if (processor === "ConvNext" && "shortest_edge" in size)
    return convNext(size.shortest_edge, config.crop_pct ?? 224 / 256);
  if (config.do_center_crop && config.crop_size == null) return "do_center_crop needs a crop_size";
  const crop = config.do_center_crop ? (config.crop_size ?? undefined) : undefined;
  if ("shortest_edge" in size) {
    const edge = size.shortest_edge;
    // Without a crop the processor keeps the longer side, but a batch needs inputs of equal size: crop to a square.
    return { resize: "shortest-edge", shortestEdge: edge, ...(crop ?? { width: edge, height: edge }) };
  }
  return { resize: "stretch", stretchTo: size, ...(crop ?? size) };
};

const sizeOf = (size: PreprocessorConfig["size"], processor: string) => {
  if (typeof size !== "number") return size;
  if (NUMBER_IS_SHORTEST_EDGE.has(processor)) return { shortest_edge: size };
  if (NUMBER_IS_SQUARE.has(processor)) return { width: size, height: size };
  return `size ${size} of the processor "${processor}" may be a square or a shortest edge; write which`;
};

/** Below 384 pixels: resize to edge / crop_pct, then crop. From 384: resize without cropping (ConvNextImageProcessor). */
const convNext = (edge: number, cropPct: number) => {
  const crop = { width: edge, height: edge };
  return edge < 384
    ? { resize: "shortest-edge", shortestEdge: Math.trunc(edge / cropPct), ...crop }
    : { resize: "stretch", ...crop };
};
