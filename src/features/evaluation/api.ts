import { z } from "@hono/zod-openapi";
import { method } from "../../api/methods.ts";
import { instant, minSequence, optional, sequence, text } from "../../api/values.ts";

const MAX_CLASSES = 1_000;
const MAX_QUESTIONS = 20_000;

/** How a collection is evaluated where the request does not say. */
export const EVALUATION_DEFAULTS = { hold: "classes", classes: 300, questions: 1_000, seed: 0 } as const;

const hold = z.enum(["classes", "images"]);

export const evaluateRequest = z
  .strictObject({
    minSequence: optional(minSequence),
    by: optional(
      text.openapi({
        type: "string",
        description:
          "The metadata field whose values are the classes; absent: anchors of one caption are one class.",
        example: "species",
      }),
    ),
    hold: optional(
      hold.openapi({
        default: EVALUATION_DEFAULTS.hold,
        description:
          "What the answering anchors lack. `classes`: every anchor of the classes that are asked about, as when a new " +
          "class is asked for; their captions are the prompts. `images`: only the anchors that are asked about; the " +
          "captions of a class's others are its prompts. `images` needs `by`.",
      }),
    ),
    method: optional(method.openapi({ description: "The collection's own where absent." })),
    classes: optional(
      z.int().min(2).max(MAX_CLASSES).openapi({
        default: EVALUATION_DEFAULTS.classes,
        description: "Candidates of a question, at most; of `images` the classes with the most anchors.",
      }),
    ),
    questions: optional(
      z
        .int()
        .min(20)
        .max(MAX_QUESTIONS)
        .openapi({ default: EVALUATION_DEFAULTS.questions, description: "Images asked about, at most." }),
    ),
    seed: optional(z.int().min(0).max(0xffffffff).openapi({ default: EVALUATION_DEFAULTS.seed })),
  })
  .refine(({ hold: held, by }) => held !== "images" || by !== undefined, {
    path: ["by"],
    message: 'is required where hold is "images": images of one caption would be held out with their class',
  })
  .openapi("EvaluateRequest", {
    description: "Everything else is the collection's own: k, p, transform, rank and ensemble.",
    example: { by: "species", hold: "images" },
  });

const share = z.number().min(0).max(1);
const accuracy = z
  .strictObject({ mean: share, low: share, high: share })
  .openapi({ description: "The share of the images, with its 95 % interval by the bootstrap over classes." });

const point = z.strictObject({
  anchors: z.int().openapi({ description: "Answering, drawn at random; each draw holds the smaller ones." }),
  top1: accuracy,
  top5: accuracy,
});

const classResult = z
  .strictObject({
    name: z.string(),
    anchors: z.int().openapi({ description: "Anchors of the class, asked about or not." }),
    questions: z.int(),
    right: z.int().openapi({ description: "Questions whose first class is this one, the true one." }),
    answered: z.int().openapi({ description: "Questions of all classes that were answered by this one." }),
  })
  .openapi("EvaluatedClass");

export const evaluation = z
  .strictObject({
    sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
    current: z.boolean().openapi({ description: "Whether nothing was written to the collection since." }),
    evaluatedAt: instant,
    anchors: z.int(),
    by: z.string().nullable(),
    hold,
    method,
    seed: z.int(),
    folds: z.int(),
    questions: z.int().openapi({ description: "Of all folds together." }),
    candidates: z.int().openapi({ description: "Classes that each question is asked of." }),
    chance: z.strictObject({ top1: share, top5: share }),
    points: z.array(point).readonly().openapi({
      description: "By 50, 100, 200 and so on of the anchors, and by all.",
    }),
    classes: z.array(classResult).readonly().openapi({
      description: "With all anchors; those with the most questions first.",
    }),
    confusions: z
      .array(z.strictObject({ truth: z.string(), answered: z.string(), count: z.int() }))
      .readonly()
      .openapi({
        description:
          "How often images of one class were answered by another, with all anchors: the most frequent 500 pairs.",
      }),
    tookMs: z.number(),
  })
  .openapi("Evaluation", {
    description: "Holds names of classes, which are captions where `by` is null; compaction erases it.",
  });

export type EvaluateRequest = z.output<typeof evaluateRequest>;
export type EvaluateRequestBody = z.input<typeof evaluateRequest>;
export type CollectionEvaluation = z.output<typeof evaluation>;
export type EvaluationBody = z.input<typeof evaluation>;
/** What is measured, without when it was and whether it still holds. */
export type EvaluationFindings = Omit<CollectionEvaluation, "evaluatedAt" | "current">;
export type EvaluationPoint = z.output<typeof point>;
