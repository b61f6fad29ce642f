import { z } from "@hono/zod-openapi";
import { anchor, MAX_ANCHORS } from "../../api/anchors.ts";
import { classified } from "../../api/explain.ts";
import { filter } from "../../api/filter.ts";
import { scored, scoring } from "../../api/methods.ts";
import { checkQuestion, questionShape } from "../../api/queries.ts";
import { anchorId, optional, transform } from "../../api/values.ts";

/** Scores that are compared in one answer. */
const MAX_COMPARED = 1_000_000;
const MAX_CHANGES = 1_000;

export const counterfactualRequest = z
  .strictObject({
    ...questionShape,
    ...scoring,
    exact: optional(z.literal(true).openapi({ description: "Both answers are made from exact searches." })),
    without: optional(
      z
        .strictObject({
          ids: optional(z.array(anchorId).max(MAX_ANCHORS)),
          filter: optional(filter),
        })
        .refine(({ ids, filter: holds }) => ids !== undefined || holds !== undefined, {
          error: "must hold ids, a filter, or both",
        })
        .openapi({
          description:
            "Anchors that are taken away: by id, by metadata, or both. Ids that are not there do not matter.",
        }),
    ),
    with: optional(
      z
        .array(anchor)
        .min(1)
        .max(MAX_ANCHORS)
        .openapi({
          description:
            "Anchors that come, as they would be written; one whose id is there takes the place of that anchor. By the " +
            "method `asif` only.",
        }),
    ),
    changes: optional(
      z.int().min(0).max(MAX_CHANGES).openapi({
        default: 5,
        description: "How many classes' score changes are listed for each image, the largest first.",
      }),
    ),
  })
  .superRefine((request, context) => {
    checkQuestion(request, context);
    if (request.images.length * request.classes.length > MAX_COMPARED)
      context.addIssue({
        code: "custom",
        path: ["classes"],
        message: `images times classes must be at most ${MAX_COMPARED}`,
      });
  })
  .openapi("CounterfactualRequest", {
    example: {
      images: [{ anchor: "a1" }],
      classes: [{ name: "fox" }, { name: "owl" }],
      without: { filter: { owner: "ann" } },
    },
  });

export const usedFit = z.strictObject({ transform, transformVersion: z.int(), transformSequence: z.int() });

export const counterfactualAnswer = z
  .strictObject({
    anchors: z.strictObject({ before: z.int(), after: z.int() }),
    removed: z.int().openapi({ description: "How many of the anchors in `without` are there." }),
    added: z.int(),
    replaced: z.int().openapi({ description: "How many of the added take the place of one that stays." }),
    flipped: z.int().openapi({ description: "Images whose first class has another name afterwards." }),
    results: z.array(
      z.strictObject({
        before: classified,
        after: classified,
        flips: z.boolean(),
        changes: z.array(
          z.strictObject({ name: z.string(), before: z.number(), after: z.number(), change: z.number() }),
        ),
      }),
    ),
    method: scored.method,
    fits: z.strictObject({ before: scored.fits, after: scored.fits }).openapi({
      description: "Methods other than `asif` are fitted anew on the anchors that stay, which is not stored.",
    }),
    transforms: z
      .strictObject({ image: usedFit, text: usedFit })
      .optional()
      .openapi({
        description:
          "Of `asif`: the fits of the anchors as they are, which both answers look through. With `none` the second answer is to the " +
          "last bit that of a collection so edited; otherwise of one that is not fitted anew yet.",
      }),
    sequence: z.int(),
    tookMs: z.number(),
  })
  .openapi("CounterfactualAnswer");

export type CounterfactualRequestBody = z.input<typeof counterfactualRequest>;
export type CounterfactualAnswerBody = z.input<typeof counterfactualAnswer>;
