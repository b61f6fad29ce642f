import { z } from "@hono/zod-openapi";
import { encoderChoice } from "../../api/collections.ts";
import { ensemble, method, rank } from "../../api/methods.ts";
import { optional, text, transform } from "../../api/values.ts";

const apply = z.enum(["always", "if-better", "never"]);

export const reencodeRequest = z
  .strictObject({
    imageEncoder: optional(
      text.openapi({ type: "string", description: "Of `GET /v1/encoders`; it stays where absent." }),
    ),
    textEncoder: optional(text.openapi({ type: "string", description: "Likewise; either or both." })),
    evaluate: optional(
      z.boolean().openapi({
        default: true,
        description: "Whether the anchors are asked the same questions under both before the move.",
      }),
    ),
    apply: optional(
      apply.openapi({
        default: "always",
        description:
          "`if-better`: the collection moves where the mean reciprocal rank is higher under the new encoders; `never`: they are only compared. Both need the evaluation, and so 20 captions.",
      }),
    ),
  })
  .refine(({ imageEncoder, textEncoder }) => imageEncoder !== undefined || textEncoder !== undefined, {
    path: ["imageEncoder"],
    message: "imageEncoder or textEncoder is required",
  })
  .openapi("ReencodeRequest", { example: { imageEncoder: "inception-v3-mixed6", apply: "if-better" } });

const share = z.number().min(0).max(1);
const metrics = { top1: share, top5: share, top10: share, meanReciprocalRank: share };
const measured = z.strictObject({
  ...metrics,
  spread: z
    .strictObject(metrics)
    .openapi({ description: "The standard deviation of each from fold to fold." }),
});

const evaluation = z
  .strictObject({
    sequence: z.int().openapi({ description: "Of the anchors that it was measured on." }),
    anchors: z.int(),
    folds: z.int(),
    questions: z.int().openapi({ description: "Images asked about in all folds together." }),
    classes: z.int().openapi({ description: "Held out at once: the candidates of each question." }),
    seed: z.int(),
    settings: z
      .strictObject({ method, k: z.int(), p: z.number(), transform, rank, ensemble })
      .openapi({ description: "What both answered by: the collection's settings." }),
    before: measured.openapi({ description: "Under the encoders that it had." }),
    after: measured.openapi({ description: "Under the others." }),
    better: z.boolean().openapi({ description: "Whether the mean reciprocal rank is higher after." }),
    tookMs: z.number(),
  })
  .openapi("ReencodingEvaluation");

const encoders = z.strictObject({ imageEncoder: encoderChoice, textEncoder: encoderChoice });

export const reencoding = z
  .strictObject({
    from: encoders,
    to: encoders,
    apply,
    state: z.enum(["running", "switched", "done", "cancelled", "failed"]).openapi({
      description:
        "`switched`: queries are answered by the new encoders, the old vectors are being erased. A `running` one whose job has ended goes on when the service starts again, or when it is asked for again.",
    }),
    appliedAt: z.int().nullable().openapi({
      description:
        "The sequence from which queries are answered by the new encoders; null where they are not.",
    }),
    evaluation: evaluation.nullable().openapi({
      description:
        "Null where it was not asked for, has not come to its end, or there are fewer than 20 captions.",
    }),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .openapi("Reencoding");

export type ReencodeRequestBody = z.input<typeof reencodeRequest>;
export type ReencodingBody = z.input<typeof reencoding>;
