import { z } from "@hono/zod-openapi";
import { ADAPTER_REFERENCE } from "../defaults.ts";
import { instant, optional } from "../../../api/values.ts";

const MAX_LAYERS = 64;

export const adapterId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit");

export const mode = z.enum(["legacy", "causal-keep", "causal-drop"]);
export const lossScope = z.enum(["answer", "all"]).openapi({
  description: "The tokens of a text that training counts: those after the prompt, or all.",
});
export const questions = z.enum(["plain", "verbatim"]).openapi({
  description:
    "How the decoder reads a question: `plain` in lower case with one question mark; `verbatim` unchanged with `?` behind it, as eP-ALM's authors do. `plain` where absent.",
});
export const schedule = z.enum(["cosine", "authors"]).openapi({
  description:
    "`cosine`: a warm-up over 5 % of the steps, then a cosine to 0. `authors`: as eP-ALM's code; the maps' rate begins at half, reaches its full value at iteration 400 of the first epoch, and follows a cosine over epochs to a twentieth; the prompt's rate is constant. `cosine` where absent.",
});

const count = z.int().positive();
const whole = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

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
    loss: optional(lossScope),
    questions: optional(
      questions.openapi({
        description: "`verbatim` where absent for a checkpoint of eP-ALM's authors, else `plain`.",
      }),
    ),
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
        startLayer: whole,
        endLayer: whole,
        vectors: count,
        textStep: count,
        selectHigherStep: optional(z.boolean()),
      }),
      tokens: count,
    }),
    z.strictObject({ kind: z.literal("limber"), vectors: count, tokens: count }),
  ])
  .openapi("AdapterVision");

const training = z
  .strictObject({
    rows: count,
    validationRows: whole,
    sha256: sha256.openapi({ description: "Of the rows and their features." }),
    seed: z.int(),
    batch: count,
    epochs: whole.openapi({ description: "Epochs that were taken." }),
    steps: whole,
    rates: z.strictObject({ connection: z.number(), prompt: z.number() }),
    schedule: optional(schedule),
    curve: z
      .array(z.strictObject({ epoch: whole, loss: z.number(), validation: z.number().nullable() }))
      .readonly(),
    best: z
      .strictObject({ epoch: whole, loss: z.number() })
      .openapi({ description: "The epoch whose tensors were kept." }),
  })
  .openapi("AdapterTraining", { description: "Losses are means over tokens, in nats." });

/** Everything about an adapter but its tensors; its file holds the same as JSON. */
export const adapterSettings = z.strictObject({
  vision: vision.nullable().openapi({ description: "Null for a soft prompt alone." }),
  features: z
    .array(z.strictObject({ encoder: z.string().min(1), sha256, dimension: count }))
    .readonly()
    .openapi({ description: "The encoder's layers, the shallowest first; one a visual vector." }),
  shape: z.strictObject({
    features: z
      .array(count)
      .readonly()
      .openapi({ description: "Widths of the features, after the frozen projection where there is one." }),
    hidden: count,
    wordWidth: count,
    shared: z.boolean().openapi({ description: "One map for all vectors, which are then of one width." }),
    prompt: whole.openapi({ description: "Soft prompt tokens." }),
    promptNetwork: z.boolean().openapi({ description: "The soft prompt passes a network of two layers." }),
    tokenNorm: z
      .boolean()
      .openapi({ description: "Visual tokens are scaled to root mean square 1, then scaled (DePALM)." }),
  }),
  decoder: z.strictObject({ id: z.string().min(1), sha256 }),
  loss: lossScope,
  questions: optional(questions),
  training: training.nullable().openapi({ description: "Null for an adapter that was made elsewhere." }),
});

export const adapterBody = z
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
    createdAt: instant,
    parameters: z.int().openapi({ description: "Numbers that were trained." }),
    settings: adapterSettings,
  })
  .openapi("Adapter");

export const adapterList = z.strictObject({ adapters: z.array(adapterBody) }).openapi("AdapterList");

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

export type AdapterBody = z.input<typeof adapterBody>;
export type AdapterListBody = z.input<typeof adapterList>;
export type RegisterParameters = z.input<typeof registerQuery>;
export type DecoderListBody = z.input<typeof decoderList>;
