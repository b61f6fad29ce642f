import { z } from "@hono/zod-openapi";
import { adapterId, lossScope, mode, schedule } from "./adapters.ts";
import { anchorId, collectionName, optional, text } from "../../../api/values.ts";

const MAX_ROWS = 100_000;
const MAX_TEXT = 2_000;

const short = text.refine((value) => value.length <= MAX_TEXT, `must be at most ${MAX_TEXT} characters long`);
const rate = z.number().gt(0).max(1);

export const trainRequest = z
  .strictObject({
    collection: collectionName,
    rows: z
      .union(
        [
          z.literal("captions"),
          z
            .array(z.strictObject({ anchor: anchorId, question: optional(short), answer: short }))
            .min(1)
            .max(MAX_ROWS),
        ],
        { error: () => 'must be "captions", or a list of {"anchor", "question", "answer"}' },
      )
      .openapi({
        description:
          "`captions`: of every anchor that has an image and a caption. In a row without a question the answer is a caption.",
      }),
    decoder: z.string().openapi({ description: "Of `GET /v1/decoders`; it stays as it is." }),
    id: adapterId.openapi({ description: "Of the adapter; it becomes a new version." }),
    layers: optional(
      z
        .array(text)
        .min(1)
        .max(64)
        .openapi({
          items: { type: "string" },
          description: "Of `GET /v1/encoders`; those of the collection's image encoder where absent.",
        }),
    ),
    method: optional(z.enum(["epalm", "limber"]).openapi({ default: "epalm" })),
    mode: optional(mode.openapi({ default: "causal-drop" })),
    prompt: optional(z.int().min(0).max(100).openapi({ default: 10, description: "Soft prompt tokens." })),
    shared: optional(z.boolean().openapi({ default: true, description: "One map for all layers." })),
    loss: optional(lossScope.openapi({ default: "answer" })),
    batch: optional(z.int().min(1).max(256).openapi({ default: 32 })),
    epochs: optional(z.int().min(1).max(1_000).openapi({ default: 10 })),
    rates: optional(z.strictObject({ connection: rate, prompt: rate })),
    schedule: optional(schedule.openapi({ default: "cosine" })),
    validation: optional(
      z.number().min(0).max(0.5).openapi({
        default: 0.1,
        description: "The share of the anchors that are held out, and tell when to stop.",
      }),
    ),
    seed: optional(
      z
        .int()
        .min(0)
        .max(2 ** 31)
        .openapi({ default: 1 }),
    ),
  })
  .openapi("TrainAdapterRequest", {
    example: { collection: "emoji", rows: "captions", decoder: "small", id: "captions" },
  });

export type TrainAdapterBody = z.input<typeof trainRequest>;
