import { z } from "@hono/zod-openapi";
import { TUNING_DEFAULTS } from "../../collections/index.ts";
import { ensemble, method, rank } from "../../api/methods.ts";
import { minSequence, optional, text, transform } from "../../api/values.ts";

const MAX_SEED = 2 ** 31;
const MAX_BUDGET_SECONDS = 86_400;

const metric = z.enum(["top1", "top5", "top10", "meanReciprocalRank"]);
const whole = (min: number, max: number, normally: number) =>
  optional(z.int().min(min).max(max).openapi({ type: "integer", default: normally }));

const { folds, repeats, seed, classes, questions, objective, budgetSeconds } = TUNING_DEFAULTS;

export const tuneRequest = z
  .strictObject({
    minSequence: optional(minSequence),
    by: optional(
      text.openapi({
        type: "string",
        description:
          "A metadata field: anchors of one value are one class, whose prompts are their captions. Without it anchors of one caption are one class.",
        example: "species",
      }),
    ),
    folds: whole(2, 10, folds).openapi({ description: "Parts that the classes are dealt into." }),
    repeats: whole(1, 10, repeats).openapi({ description: "How often they are dealt anew." }),
    seed: whole(0, MAX_SEED, seed),
    classes: whole(2, 5_000, classes).openapi({ description: "Held out at once, at most." }),
    questions: whole(2, 5_000, questions).openapi({ description: "Images asked about at once, at most." }),
    objective: optional(metric.openapi({ default: objective, description: "What the choice is made by." })),
    methods: optional(
      z.array(method).min(1).max(method.options.length).openapi({
        description: "Those that may be chosen; all where absent.",
      }),
    ),
    transforms: optional(
      z.array(transform).min(1).max(transform.options.length).openapi({
        description:
          "All where absent; the collection's own alone where its vectors take more than 512 MiB, for they are held as each shows them.",
      }),
    ),
    budgetSeconds: whole(1, MAX_BUDGET_SECONDS, budgetSeconds).openapi({
      description:
        "No work is begun later than this, but for the coarse grid of the first fold. Only where it suffices do the same anchors and seed give the same choice.",
    }),
    apply: optional(
      z.boolean().openapi({ default: false, description: "Whether queries are answered by what is found." }),
    ),
  })
  .openapi("TuneRequest", { example: { budgetSeconds: 120, apply: true } });

const share = z.number().min(0).max(1);
const metrics = { top1: share, top5: share, top10: share, meanReciprocalRank: share };
const measured = {
  ...metrics,
  spread: z
    .strictObject(metrics)
    .openapi({ description: "The standard deviation of each from fold to fold." }),
};

const choice = z
  .strictObject({ method, k: z.int(), p: z.number(), transform, rank, ensemble, ...measured })
  .openapi("TunedChoice");

export const tuning = z
  .strictObject({
    sequence: z.int().openapi({ description: "Of the anchors that it was measured on." }),
    anchors: z.int(),
    folds: z.int().openapi({ description: "How many were measured." }),
    questions: z.int().openapi({ description: "Images asked about in all folds together." }),
    classes: z.int().openapi({ description: "Held out at once: the candidates of each question." }),
    seed: z.int(),
    by: z.string().nullable(),
    objective: metric,
    complete: z.boolean().openapi({ description: "False where the budget ran out first." }),
    tookMs: z.number(),
    chosen: choice.openapi({ description: "What was best." }),
    before: choice.nullable().openapi({
      description: "The collection's settings as they were, measured alike; null where the budget ran out.",
    }),
    trials: z
      .array(
        z.strictObject({
          method,
          transform: transform.optional(),
          k: z.int().optional(),
          p: z.number().optional(),
          rank: z.int().optional(),
          ensemble: ensemble.optional(),
          ...measured,
        }),
      )
      .openapi({
        description: "Everything that was tried, best first; without what a method does not depend on.",
      }),
    tunedAt: z.iso.datetime(),
    appliedAt: z.int().nullable().openapi({
      description: "The sequence from which queries are answered by it; null where it was not applied.",
    }),
  })
  .openapi("Tuning", {
    description: "What was chosen and what it was chosen by: numbers alone, no caption and no vector.",
  });

export type TuneRequestBody = z.input<typeof tuneRequest>;
export type TuningBody = z.input<typeof tuning>;
