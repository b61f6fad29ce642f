import { z } from "@hono/zod-openapi";
import { transformUsed } from "../../api/indexes.ts";
import { anchor, MAX_ANCHORS } from "../../api/anchors.ts";
import { classifyResult } from "../../api/explain.ts";
import { filter } from "../../api/filter.ts";
import { scored, scoring } from "../../api/methods.ts";
import { checkQuestion, computed, questionShape } from "../../api/queries.ts";
import { asifUsed } from "../../api/asif.ts";
import { anchorId, optional } from "../../api/values.ts";

/** Maximum number of scores that one answer compares. */
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
          ids: optional(z.array(anchorId).max(MAX_ANCHORS).readonly()),
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
        .readonly()
        .openapi({
          description:
            "Anchors that come, as they would be written; one whose id is there takes the place of that anchor. By the " +
            "methods `asif`, `local` and `asif+local`.",
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

const usedFit = z.strictObject(transformUsed);
/** One for each modality. */
export const usedFits = z.strictObject({ image: usedFit, text: usedFit });

const scoreChange = z.strictObject({
  name: z.string(),
  before: z.number(),
  after: z.number(),
  change: z.number(),
});

export const counterfactualAnswer = z
  .strictObject({
    anchors: z.strictObject({ before: z.int(), after: z.int() }),
    removed: z.int().openapi({ description: "How many of the anchors in `without` are there." }),
    added: z.int(),
    replaced: z.int().openapi({ description: "How many of the added take the place of one that stays." }),
    flipped: z.int().openapi({ description: "Images whose first class has another name afterwards." }),
    results: z
      .array(
        z.strictObject({
          before: classifyResult,
          after: classifyResult,
          flips: z.boolean().openapi({ description: "Whether the first class has another name afterwards." }),
          changes: z.array(scoreChange).readonly().openapi({
            description:
              "The classes whose scores change the most, by absolute value; those that do not change are not listed.",
          }),
        }),
      )
      .readonly(),
    method: scored.method,
    fits: z.strictObject({ before: scored.fits, after: scored.fits }).openapi({
      description: "Methods other than `asif` are fitted anew on the anchors that stay, which is not stored.",
    }),
    transforms: optional(
      usedFits.openapi({
        description:
          "Of `asif`: the fits of the anchors as they are, which both answers look through. With `none` the second answer is to the " +
          "last bit that of a collection so edited; otherwise of one that is not fitted anew yet.",
      }),
    ),
    asif: optional(
      z.strictObject({ before: asifUsed, after: asifUsed }).openapi({
        description: "The k and p of both answers: `auto` goes by the number of anchors of each.",
      }),
    ),
    ...computed,
  })
  .openapi("CounterfactualAnswer");

export type CounterfactualRequest = z.output<typeof counterfactualRequest>;
export type CounterfactualRequestBody = z.input<typeof counterfactualRequest>;
export type CounterfactualAnswer = z.output<typeof counterfactualAnswer>;
export type CounterfactualAnswerBody = z.input<typeof counterfactualAnswer>;
export type ScoreChange = z.output<typeof scoreChange>;
/** The fit that both answers were computed with: that of the current anchors. */
export type UsedFit = z.output<typeof usedFit>;
