import { z } from "zod";
import { readJson } from "./folder.ts";

const edges = z.union([
  z.number(),
  z.object({
    height: z.number().optional(),
    width: z.number().optional(),
    shortest_edge: z.number().optional(),
  }),
]);

const preprocessorConfig = z.looseObject({
  do_resize: z.boolean().default(true),
  size: edges.optional(),
  resample: z.number().default(2),
  do_center_crop: z.boolean().default(false),
  crop_size: edges.optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: z.tuple([z.number(), z.number(), z.number()]).default([0.485, 0.456, 0.406]),
  image_std: z.tuple([z.number(), z.number(), z.number()]).default([0.229, 0.224, 0.225]),
});

/** PIL's codes for resampling filters. */
const RESAMPLE: Readonly<Record<number, string>> = {
  0: "nearest",
  1: "lanczos",
  2: "bilinear",
  3: "bicubic",
};

/** Reads `preprocessor_config.json` as the `image` part of a manifest. */
export const readPreprocessing = async (directory: string) => {
  const config = preprocessorConfig.parse(await readJson(directory, "preprocessor_config.json"));
  const size = sizeOf(config.size ?? 224);
  const target = config.do_center_crop && config.crop_size !== undefined ? sizeOf(config.crop_size) : size;
  const width = target.width ?? target.edge ?? 224;
  const height = target.height ?? target.edge ?? 224;
  const shortestEdge = config.do_resize && config.do_center_crop ? (size.edge ?? size.height) : undefined;
  return {
    width,
    height,
    resize: shortestEdge === undefined ? (size.edge === undefined ? "stretch" : "cover") : "shortest-edge",
    ...(shortestEdge === undefined ? {} : { shortestEdge }),
    interpolation: RESAMPLE[config.resample] ?? "bilinear",
    rescale: config.do_rescale ? config.rescale_factor : 1,
    ...(config.do_normalize ? { mean: config.image_mean, std: config.image_std } : {}),
  };
};

const sizeOf = (size: z.infer<typeof edges>): { width?: number; height?: number; edge?: number } => {
  if (typeof size === "number") return { edge: size };
  return {
    ...(size.width === undefined ? {} : { width: size.width }),
    ...(size.height === undefined ? {} : { height: size.height }),
    ...(size.shortest_edge === undefined ? {} : { edge: size.shortest_edge }),
  };
};
