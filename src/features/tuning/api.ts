import { z } from "@hono/zod-openapi";
import { ensemble, method, METHODS, rank } from "../../api/methods.ts";
import { namedTransform, transform } from "../../api/transforms.ts";
import { negatives } from "../../api/asif.ts";
import { instant, minSequence, optional, sequence, text } from "../../api/values.ts";

/** The core's, and those that an operator has plugged in. */
const MAX_METHODS = 50;
const MAX_SEED = 2 ** 31;
const MAX_BUDGET_SECONDS = 86_400;

/** How a collection is tuned where the request does not say. */
export const TUNING_DEFAULTS = {
  folds: 5,
  repeats: 1,
  seed: 0,
  classes: 300,
  questions: 500,
  // It depends on every question, not only on those at a threshold, so that its choice is more often the best by top-1.
  objective: "meanReciprocalRank",
  methods: METHODS,
  transforms: ["none", "center", "auto"],
  budgetSeconds: 600,
} as const;

const { folds, repeats, seed, classes, questions, objective, budgetSeconds } = TUNING_DEFAULTS;

const metric = z.enum(["top1", "top5", "top10", "meanReciprocalRank"]);
export const METRICS = metric.options;
/** What a setting is judged by, in [0, 1]: the share of questions whose class is among the first, or the mean of 1 / rank. */
export type Metric = z.output<typeof metric>;

const whole = (min: number, max: number, normally: number) =>
  optional(z.int().min(min).max(max).openapi({ type: "integer", default: normally }));

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
      z.array(method).min(1).max(MAX_METHODS).readonly().openapi({
        description: "Those that may be chosen; all where absent.",
      }),
    ),
    transforms: optional(
      z
        .array(transform)
        .min(1)
        .max(namedTransform.options.length)
        .readonly()
        .openapi({
          description:
            "`none`, `center` and `auto` where absent; the collection's own alone where its vectors take more than 512 MiB, for " +
            "they are held as each shows them. With `auto` other powers and ranks are tried as well.",
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

export type TuneRequest = z.output<typeof tuneRequest>;
/** How a collection is tuned, with the defaults filled in. */
export type TuneSettings = Required<Omit<TuneRequest, "minSequence" | "by" | "apply">> &
  Pick<TuneRequest, "by">;

const share = z.number().min(0).max(1);
const metrics = { top1: share, top5: share, top10: share, meanReciprocalRank: share };

export const measured = z.strictObject({
  ...metrics,
  spread: z
    .strictObject(metrics)
    .openapi({ description: "The standard deviation of each from fold to fold." }),
});
/** The mean of each metric over the questions of all folds, and its spread over the folds. */
export type Measured = z.output<typeof measured>;
export type AccuracySpread = Measured["spread"];

export const choice = z.strictObject({
  ...{ method, k: z.int(), p: z.number(), transform, rank, ensemble },
  negatives: optional(
    negatives.openapi({ description: "The collection's own; absent where it was tuned before 0.2." }),
  ),
});
/** Everything that a query can be answered by; a `rank` of null is the method's own default. */
export type Choice = z.output<typeof choice>;

const trial = z.strictObject({
  method,
  transform: optional(transform),
  k: optional(z.int()),
  p: optional(z.number()),
  rank: optional(z.int()),
  ensemble: optional(ensemble),
});
/** One way to answer. What its method does not depend on is absent, as is the ensemble where each class has one prompt. */
export type Trial = z.output<typeof trial>;
export type MeasuredTrial = Trial & Measured;

const difference = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });

const tunedChoice = z.strictObject({ ...choice.shape, ...measured.shape }).openapi("TunedChoice");

export const tuning = z
  .strictObject({
    sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
    anchors: z.int(),
    folds: z.int().openapi({ description: "How many were measured." }),
    questions: z.int().openapi({ description: "Images asked about in all folds together." }),
    classes: z.int().openapi({ description: "Held out at once: the candidates of each question." }),
    seed: z.int(),
    by: z.string().nullable(),
    objective: metric,
    complete: z.boolean().openapi({ description: "False where the budget ran out first." }),
    tookMs: z.number(),
    chosen: tunedChoice.openapi({
      description: "What was best; what `auto` answers by where the best is not surely better.",
    }),
    best: optional(tunedChoice.openapi({ description: "What was best of all that was tried." })),
    auto: optional(
      z
        .strictObject({
          ...measured.shape,
          difference: difference.openapi({
            description: "By the objective, of the best to it: the mean, and a 95 % interval.",
          }),
          kept: z.boolean().openapi({
            description:
              "Whether it is chosen, for the interval holds 0; then k, p and transform stay `auto`.",
          }),
        })
        .nullable()
        .openapi({
          description:
            "What the settings of a new collection come to; null where they were not among what was tried.",
        }),
    ),
    before: tunedChoice.nullable().openapi({
      description: "The collection's settings as they were, measured alike; null where the budget ran out.",
    }),
    methods: optional(
      z
        .array(
          z.strictObject({
            method,
            ...measured.shape,
            difference: difference.openapi({
              description:
                "By the objective, to the best of `asif` on the same questions: the mean, and a 95 % interval by the " +
                "bootstrap over held-out classes.",
            }),
          }),
        )
        .readonly()
        .openapi({ description: "The best of each method that was tried, the best method first." }),
    ),
    trials: z
      .array(z.strictObject({ ...trial.shape, ...measured.shape }))
      .readonly()
      .openapi({
        description: "Everything that was tried, best first; without what a method does not depend on.",
      }),
    tunedAt: instant,
    appliedAt: sequence.nullable().openapi({
      description: "The sequence from which queries are answered by it; null where it was not applied.",
    }),
  })
  .openapi("Tuning", {
    description: "What was chosen and what it was chosen by: numbers alone, no caption and no vector.",
  });

export type Tuning = z.output<typeof tuning>;
/** A tuning without when it was made and from when it applies. No caption and no vector is in it. */
export type TuningFindings = Omit<Tuning, "tunedAt" | "appliedAt">;

export type TuneRequestBody = z.input<typeof tuneRequest>;
export type TuningBody = z.input<typeof tuning>;
