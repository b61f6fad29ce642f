import { z } from "@hono/zod-openapi";
import { ADAPTER_REFERENCE } from "../defaults.ts";
import { input } from "../../../api/inputs.ts";
import { anchorId, optional, text } from "../../../api/values.ts";

const MAX_INPUTS = 256;
const MAX_NEIGHBOURS = 64;
/** Of all inputs together: each comes with two vectors. */
const MAX_NEIGHBOURS_IN_ALL = 4_096;
const MAX_LAYERS = 64;

const layers = z
  .array(text)
  .min(1)
  .max(MAX_LAYERS)
  .openapi({
    items: { type: "string" },
    description:
      "Ids of layers, or of image encoders, of `GET /v1/encoders`; those of the collection's image encoder where absent.",
  });

export const layerVectorsRequest = z
  .strictObject({ layers: optional(layers) })
  .openapi("FeaturesRequest", { example: {} });

export const adapterReference = z
  .string()
  .regex(ADAPTER_REFERENCE, "must be an adapter's id, or an id, @ and a version")
  .openapi({
    description: "An adapter's id; `@2` behind it takes the second version, the newest where absent.",
    example: "captions@1",
  });

export const adapterInputsRequest = z
  .strictObject({
    inputs: optional(
      z
        .array(input)
        .min(1)
        .max(MAX_INPUTS)
        .openapi({ description: "Images and anchors; of anchors the stored features are taken." }),
    ),
    all: optional(
      z.literal(true).openapi({ description: "In place of `inputs`: every anchor that has an image." }),
    ),
    layers: optional(layers),
    adapter: optional(adapterReference),
    neighbours: optional(
      z
        .int()
        .min(0)
        .max(MAX_NEIGHBOURS)
        .openapi({
          default: 0,
          description: `How many of the nearest anchors come with each input as context; at most ${MAX_NEIGHBOURS_IN_ALL} for all inputs together.`,
        }),
    ),
    format: optional(z.enum(["json", "npy", "safetensors"]).openapi({ default: "json" })),
  })
  .refine(({ inputs, all }) => (inputs === undefined) !== (all === undefined), {
    path: ["inputs"],
    message: "or all must be given, exactly one of them",
  })
  .refine(({ all, format }) => all === undefined || (format ?? "json") !== "json", {
    path: ["format"],
    message: 'must be "npy" or "safetensors" for all anchors, which are sent as one file',
  })
  .refine(({ all, neighbours }) => all === undefined || (neighbours ?? 0) === 0, {
    path: ["neighbours"],
    message: "have no place beside all anchors; ask for them with inputs",
  })
  .refine(({ inputs = [], neighbours }) => inputs.length * (neighbours ?? 0) <= MAX_NEIGHBOURS_IN_ALL, {
    path: ["neighbours"],
    message: `must be at most ${MAX_NEIGHBOURS_IN_ALL} of all inputs together; ask for fewer inputs at a time`,
  })
  .openapi("AdapterInputsRequest", { example: { inputs: [{ anchor: "a1" }] } });

const numbers = z.array(z.number());
const namedLayer = z.strictObject({
  name: z.string(),
  id: z.string(),
  dimension: z.int(),
  sha256: z.string(),
});

export const adapterIdentity = z.strictObject({ id: z.string(), version: z.int(), sha256: z.string() });

export const injectionPlan = z
  .strictObject({
    method: z.enum(["epalm", "limber"]).openapi({
      description: "`limber`: all vectors stand in front of the prompt, before the first layer.",
    }),
    mode: z.enum(["legacy", "causal-keep", "causal-drop"]).nullable(),
    layers: z
      .array(
        z.strictObject({
          layer: z.int(),
          action: z.enum(["prepend", "replace", "carry"]),
          vector: optional(z.int()),
        }),
      )
      .readonly()
      .openapi({
        description:
          "From the first to the last layer that vectors enter before, what happens before each: a vector is put in front of the sequence, overwrites its front, or nothing. Empty for `limber`.",
      }),
    afterwards: z.enum(["carried", "dropped"]).nullable().openapi({
      description: "Whether the token at the front stays after the last of these layers.",
    }),
  })
  .openapi("AdapterPlan");

export const neighbour = z.strictObject({
  id: anchorId,
  caption: z.string().nullable(),
  similarity: z.number().openapi({ description: "The cosine of the image vectors." }),
});

const inputFields = {
  anchor: anchorId.nullable().openapi({ type: ["string", "null"] }),
  neighbours: optional(
    z
      .array(neighbour.extend({ imageVector: numbers, textVector: numbers }))
      .openapi({ description: "Nearest first; an anchor is not its own." }),
  ),
};

export const adapterInputsAnswer = z
  .strictObject({
    sequence: z.int(),
    layers: z.array(namedLayer).openapi({ description: "The shallowest first." }),
    adapter: optional(
      z.strictObject({
        ...adapterIdentity.shape,
        decoder: z.strictObject({ id: z.string(), sha256: z.string() }),
        plan: injectionPlan,
        prompt: z
          .array(numbers)
          .openapi({ description: "`[prompt, word width]`: the soft prompt, the same for all inputs." }),
      }),
    ),
    inputs: z.array(
      z.strictObject({
        ...inputFields,
        layers: optional(
          z.array(numbers).openapi({ description: "Without an adapter: features, a list a layer." }),
        ),
        prefix: optional(
          z.array(numbers).openapi({
            description: "With an adapter `[vectors, hidden]`: the vectors that its plan names.",
          }),
        ),
      }),
    ),
  })
  .openapi("AdapterInputs");

export type LayerVectorsRequestBody = z.input<typeof layerVectorsRequest>;
export type AdapterInputsRequestBody = z.input<typeof adapterInputsRequest>;
export type AdapterInputsBody = z.input<typeof adapterInputsAnswer>;
