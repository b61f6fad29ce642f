import { z } from "@hono/zod-openapi";
import { usedFits } from "../counterfactual/api.ts";
import { method } from "../../api/methods.ts";
import { checkQuestion, computed, questionShape } from "../../api/queries.ts";
import { asifUsed } from "../../api/asif.ts";
import { anchorId, optional } from "../../api/values.ts";

const MAX_LIMIT = 1_000;

export const influenceRequest = z
  .strictObject(questionShape)
  .omit({ top: true, explain: true })
  .extend({
    method: optional(
      method.openapi({ description: "`asif`, `local` or `asif+local`; where absent, the collection's." }),
    ),
    exact: optional(z.literal(true).openapi({ description: "Neighbours are searched for exactly." })),
    limit: optional(
      z.int().min(1).max(MAX_LIMIT).openapi({ default: 10, description: "How many anchors are listed." }),
    ),
  })
  .superRefine(checkQuestion)
  .openapi("InfluenceRequest", {
    example: {
      images: [{ anchor: "a1" }, { anchor: "a2" }],
      classes: [{ name: "fox" }, { name: "owl" }],
      limit: 5,
    },
  });

export const influenceAnswer = z
  .strictObject({
    anchors: z
      .array(
        z.strictObject({
          anchor: anchorId,
          text: z.string().nullable(),
          image: z
            .string()
            .nullable()
            .openapi({ description: "The path of its image; null where there is none." }),
          flips: z.int().openapi({ description: "Images whose first class has another name without it." }),
          meanChange: z.number().openapi({
            description:
              "Of the score of the class that comes first with it: the absolute change, over all images.",
          }),
          largest: z.strictObject({ image: z.int(), change: z.number() }).openapi({
            description: "The largest of these changes, and the place of its image among the images.",
          }),
          flipped: z
            .array(z.strictObject({ image: z.int(), from: z.string(), to: z.string() }))
            .readonly()
            .openapi({ description: "At most 100 of the flips." }),
        }),
      )
      .readonly()
      .openapi({
        description: "Those that flip the most images first; then those that change scores the most.",
      }),
    supporting: z.int().openapi({ description: "Anchors that any image or prompt is represented by." }),
    flipping: z.int().openapi({ description: "Those of them that flip an image." }),
    images: z
      .array(
        z.strictObject({
          name: z.string(),
          score: z.number(),
          flippedBy: z.int().openapi({ description: "How many anchors flip it, each alone." }),
        }),
      )
      .readonly(),
    transforms: usedFits.openapi({
      description: "The fits of the anchors as they are; they are not made anew without each anchor.",
    }),
    asif: optional(
      asifUsed.openapi({
        description: "The k and p of the anchors as they are, also where `auto` goes by their number.",
      }),
    ),
    ...computed,
  })
  .openapi("InfluenceAnswer", {
    description:
      "What changes when one anchor is taken away: by `asif` exactly what asking without it would say; by the local methods " +
      "the same with the deviations that scores are divided by as they are.",
  });

export type InfluenceRequest = z.output<typeof influenceRequest>;
export type InfluenceRequestBody = z.input<typeof influenceRequest>;
export type InfluenceAnswer = z.output<typeof influenceAnswer>;
export type InfluenceAnswerBody = z.input<typeof influenceAnswer>;
