import { z } from "@hono/zod-openapi";
import { ADAPTER_REFERENCE } from "../defaults.ts";
import { optional } from "../../../api/values.ts";

const MAX_LAYERS = 64;

export const adapterId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit");

export const mode = z.enum(["legacy", "causal-keep", "causal-drop"]);
export const lossScope = z.enum(["answer", "all"]);

const digits = (description: string) =>
  optional(
    z
      .string()
      .regex(/^\d{1,4}$/, "must be a whole number")
      .transform(Number)
      .openapi({ type: "integer", description }),
  );

/** Parameters of the URL, for the body is the file. */
export const registerQuery = z
  .strictObject({
    id: optional(
      adapterId.openapi({
        description:
          "It becomes a new version of this one; where absent an id is made of the content's hash.",
      }),
    ),
    layers: optional(
      z
        .string()
        .min(1)
        .transform((list) => list.split(","))
        .pipe(z.array(z.string().min(1, "must not be empty")).max(MAX_LAYERS))
        .openapi({
          type: "string",
          description:
            "Of weights alone: the ids of the layers whose features it takes, the shallowest first, with commas between.",
        }),
    ),
    decoder: optional(z.string().openapi({ description: "Of weights alone: an id of `GET /v1/decoders`." })),
    method: optional(z.enum(["epalm", "limber"]).openapi({ default: "epalm" })),
    mode: optional(
      mode.openapi({
        description: "`legacy` where absent for a checkpoint of eP-ALM's authors, else `causal-drop`.",
      }),
    ),
    startLayer: digits("The decoder's first layer that a vector enters before; half of them where absent."),
    endLayer: digits("The first layer after those."),
    textStep: optional(
      z
        .string()
        .regex(/^[1-9]\d{0,3}$/, "must be a whole number from 1")
        .transform(Number)
        .openapi({ type: "integer", default: 1, description: "Only layers whose number it divides." }),
    ),
    loss: optional(lossScope.openapi({ description: "What it was trained on, for the record." })),
  })
  .transform(({ id, ...settings }) => ({ id, settings }));

export const adapterPath = z.strictObject({
  id: z
    .string()
    .regex(ADAPTER_REFERENCE, "must be an adapter's id, or an id, @ and a version")
    .openapi({
      param: { name: "id", in: "path" },
      description: "An adapter's id; `@2` behind it names the second version.",
    }),
});

const vision = z
  .union([
    z.strictObject({
      kind: z.literal("epalm"),
      mode,
      injection: z.strictObject({
        startLayer: z.int(),
        endLayer: z.int(),
        vectors: z.int(),
        textStep: z.int(),
        selectHigherStep: optional(z.boolean()),
      }),
      tokens: z.int(),
    }),
    z.strictObject({ kind: z.literal("limber"), vectors: z.int(), tokens: z.int() }),
  ])
  .openapi("AdapterVision");

const training = z
  .strictObject({
    rows: z.int(),
    validationRows: z.int(),
    sha256: z.string(),
    seed: z.int(),
    batch: z.int(),
    epochs: z.int(),
    steps: z.int(),
    rates: z.strictObject({ connection: z.number(), prompt: z.number() }),
    curve: z.array(z.strictObject({ epoch: z.int(), loss: z.number(), validation: z.number().nullable() })),
    best: z.strictObject({ epoch: z.int(), loss: z.number() }),
  })
  .openapi("AdapterTraining", { description: "Losses are means over tokens, in nats." });

export const adapterTold = z
  .strictObject({
    id: z.string(),
    version: z.int(),
    sha256: z.string().openapi({ description: "Of the file." }),
    bytes: z.int(),
    collection: z
      .string()
      .nullable()
      .openapi({ description: "On whose anchors it was trained; it goes with that collection." }),
    sequence: z.int().nullable().openapi({
      description: "At which it was trained: what was deleted later took part in its weights.",
    }),
    createdAt: z.iso.datetime(),
    parameters: z.int().openapi({ description: "Numbers that were trained." }),
    settings: z.strictObject({
      vision: vision.nullable(),
      features: z.array(z.strictObject({ encoder: z.string(), sha256: z.string(), dimension: z.int() })),
      shape: z.strictObject({
        features: z.array(z.int()),
        hidden: z.int(),
        wordWidth: z.int(),
        shared: z.boolean(),
        prompt: z.int(),
        promptNetwork: z.boolean(),
        tokenNorm: z.boolean(),
      }),
      decoder: z.strictObject({ id: z.string(), sha256: z.string() }),
      loss: lossScope,
      training: training.nullable(),
    }),
  })
  .openapi("Adapter");

export const adapterList = z.strictObject({ adapters: z.array(adapterTold) }).openapi("AdapterList");

export const decoderList = z
  .strictObject({
    decoders: z.array(
      z
        .strictObject({
          id: z.string(),
          sha256: z.string().nullable().openapi({ description: "Null until it is used for the first time." }),
          parameters: z.int().nullable(),
          layers: z.int().nullable(),
          hidden: z.int().nullable(),
          wordWidth: z.int().nullable(),
          vocabulary: z.int().nullable(),
          positions: z.int().nullable(),
          fault: z.string().nullable().openapi({ description: "Why it cannot be used; null where it can." }),
        })
        .openapi("Decoder"),
    ),
  })
  .openapi("DecoderList");

export type AdapterBody = z.input<typeof adapterTold>;
export type AdapterListBody = z.input<typeof adapterList>;
export type RegisterParameters = z.input<typeof registerQuery>;
export type DecoderListBody = z.input<typeof decoderList>;
