import { z } from "@hono/zod-openapi";
import { encoderChoice } from "../../api/collections.ts";
import { instant, optional, sequence, text } from "../../api/values.ts";
import { choice, measured } from "../tuning/index.ts";

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

/** Absent encoders stay unchanged. */
export type ReencodeRequest = z.output<typeof reencodeRequest>;

const evaluation = z
  .strictObject({
    sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
    anchors: z.int(),
    folds: z.int(),
    questions: z.int().openapi({ description: "Images asked about in all folds together." }),
    classes: z.int().openapi({ description: "Held out at once: the candidates of each question." }),
    seed: z.int(),
    settings: choice.openapi({ description: "What both answered by: the collection's settings." }),
    before: measured.openapi({ description: "Under the encoders that it had." }),
    after: measured.openapi({ description: "Under the others." }),
    better: z.boolean().openapi({ description: "Whether the mean reciprocal rank is higher after." }),
    tookMs: z.number(),
  })
  .openapi("ReencodingEvaluation");

/** A comparison of the anchors' answers with their current encoders and with others. */
export type Evaluation = z.output<typeof evaluation>;

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
    appliedAt: sequence.nullable().openapi({
      description:
        "The sequence from which queries are answered by the new encoders; null where they are not.",
    }),
    evaluation: evaluation.nullable().openapi({
      description:
        "Null where it was not asked for, has not come to its end, or there are fewer than 20 captions.",
    }),
    thumbnails: z.int().openapi({
      description:
        "Anchors whose image is kept as a thumbnail of at most 160 pixels alone, so that an encoder of images sees less than it was made for.",
    }),
    startedAt: instant,
    endedAt: instant.nullable(),
  })
  .openapi("Reencoding");

/** A collection's latest move to other encoders. */
export type Reencoding = z.output<typeof reencoding>;

export type ReencodeRequestBody = z.input<typeof reencodeRequest>;
export type ReencodingBody = z.input<typeof reencoding>;
