import { z } from "@hono/zod-openapi";
import { SELECTION_METHODS } from "../methods.ts";
import { rounds } from "./transferability.ts";
import { job } from "../../../api/service.ts";
import { namedTransform } from "../../../api/transforms.ts";
import { collectionName, encoderId, instant, optional, sequence } from "../../../api/values.ts";

const share = z.number().min(0).max(1);
const named = {
  model: z.string().openapi({ description: "An image encoder's id, or a given model's name." }),
  transform: namedTransform,
};

const confidence = z
  .strictObject({
    halves: z.int().openapi({ description: "How many random halves of the samples were scored." }),
    first: share.openapi({
      description: "The share of them in which the candidate came first; ties are shared.",
    }),
    rank: z
      .tuple([z.int(), z.int()])
      .readonly()
      .openapi({
        type: "array",
        items: { type: "integer" },
        minItems: 2,
        maxItems: 2,
        description: "The 5 % and the 95 % quantile of its rank.",
      }),
  })
  .openapi("SelectionConfidence", {
    description: "How sure a rank is, from scores of random halves of the samples.",
  });

const score = z
  .strictObject({
    score: z.number().nullable().openapi({ description: "Higher is better; null where it is not defined." }),
    rank: z.int().nullable().openapi({ description: "1 for the highest; the same for the same score." }),
    tookMs: z.number(),
    weights: optional(
      z.array(z.number()).readonly().openapi({
        description: "Of `emms`: how much each text encoder counts, in their order; together 1.",
      }),
    ),
    diagnostics: z.record(z.string(), z.unknown()),
    reason: optional(z.string().openapi({ description: "Why it is not defined." })),
    confidence: confidence.nullable().openapi({
      description:
        "Null where too few halves were scored, or the features span all that a half can differ in.",
    }),
  })
  .openapi("SelectionScore");

const candidate = z
  .strictObject({
    ...named,
    dimension: z.int().openapi({ description: "After the transform." }),
    features: z.enum(["stored", "made", "given"]).openapi({
      description:
        "`stored`: the vectors that the anchors have in their collection; `made`: from the stored images, which are thumbnails of at most 160 pixels a side, or from those given.",
    }),
    scores: z.record(z.string(), score).openapi({ description: "One for each method." }),
    notes: z.array(z.string()).readonly().openapi({ description: "What speaks against comparing it." }),
  })
  .openapi("SelectionCandidate");

const winner = z
  .strictObject({
    ...named,
    runnerUp: z.strictObject(named).nullable(),
    margin: z.number().nullable().openapi({ description: "Its score less the runner-up's." }),
    ahead: share.nullable().openapi({
      description:
        "The share of halves in which it is ahead of the runner-up, ties as half; null where too few were scored.",
    }),
  })
  .openapi("SelectionWinner");

const projection = z.enum(["random", "pca"]);

/** The result of a selection. */
export const selection = z
  .strictObject({
    id: z.string(),
    state: z.literal("done"),
    createdAt: instant,
    subject: z.strictObject({
      collection: collectionName.nullable(),
      sequence: sequence.nullable().openapi({ description: "Of the anchors that were drawn." }),
      labels: z.union([z.enum(["captions", "given"]), z.strictObject({ field: z.string() })]),
    }),
    samples: z
      .strictObject({
        used: z.int(),
        of: z.int(),
        withoutLabel: z
          .int()
          .openapi({ description: "Left out; of a list or object, too, that is no label." }),
        withoutImage: z.int().openapi({ description: "Left out, though they have a label." }),
        gone: z.int().openapi({ description: "Drawn, and changed or deleted before features were made." }),
      })
      .openapi("SelectionSamples"),
    classes: z.int(),
    settings: z.strictObject({
      methods: z.array(z.enum(SELECTION_METHODS)).readonly(),
      transforms: z.array(namedTransform).readonly(),
      templates: z.array(z.string()).readonly(),
      projection,
      dimension: optional(z.int()),
      rounds,
      samples: z.int(),
      bootstrap: z.int(),
      seed: z.int(),
    }),
    fLabels: z
      .strictObject({
        textEncoders: z.array(z.strictObject({ id: encoderId, dimension: z.int() })).readonly(),
        texts: z.int().openapi({ description: "Different texts that were embedded." }),
        dimension: z.int(),
        projection: z.enum(["random", "pca", "none"]),
      })
      .nullable()
      .openapi({ description: "Null where no method needs them." }),
    candidates: z
      .array(candidate)
      .readonly()
      .openapi({ description: "In the order of the first method's ranking." }),
    winners: z.record(z.string(), winner).openapi({ description: "Of each method." }),
    tookMs: z.strictObject({ features: z.number(), labels: z.number(), scores: z.number() }),
  })
  .openapi("Selection", {
    description: "Numbers, and names of encoders and settings, alone: no label, no caption and no vector.",
  });

/** One that has not come to its end, as its job says. */
export const selectionState = z
  .union([selection, job.omit({ kind: true }).openapi("UnfinishedSelection")])
  .openapi("SelectionState");

export const selectionList = z.strictObject({ selections: z.array(selection) }).openapi("SelectionList");

export type SelectionBody = z.input<typeof selection>;
export type SelectionStateBody = z.input<typeof selectionState>;
export type SelectionListBody = z.input<typeof selectionList>;
