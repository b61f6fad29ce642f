import { z } from "zod";

const sides = z.tuple([z.number(), z.number()]);

const layerSchema = z.object({
  name: z.string(),
  class_name: z.string(),
  config: z.looseObject({
    activation: z.string().optional(),
    use_bias: z.boolean().default(true),
    /** Batch normalisation: whether it has gamma (`scale`) and beta (`center`). */
    scale: z.boolean().default(true),
    center: z.boolean().default(true),
    groups: z.number().default(1),
    strides: z.array(z.number()).optional(),
    /** Convolution and pooling: the mode. Padding layer: rows and columns. */
    padding: z.union([z.enum(["valid", "same"]), z.tuple([sides, sides])]).optional(),
    data_format: z.literal("channels_last").optional(),
    dilation_rate: z.array(z.number()).optional(),
    pool_size: z.array(z.number()).optional(),
    epsilon: z.number().optional(),
    /** ReLU. */
    max_value: z.number().nullish(),
    negative_slope: z.number().optional(),
    threshold: z.number().optional(),
    axis: z.union([z.number(), z.tuple([z.number()]).transform(([axis]) => axis)]).default(-1),
  }),
  inbound_nodes: z.array(z.array(z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown()))),
});

/** `modelTopology` of a Keras model saved for TF.js. */
export const layersTopology = z.object({
  model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }),
});

export type LayersTopology = z.infer<typeof layersTopology>;
export type KerasLayer = z.infer<typeof layerSchema>;
