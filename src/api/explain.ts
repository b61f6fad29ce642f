import { z } from "@hono/zod-openapi";
import { anchorId, optional, text } from "./values.ts";

/** Anchors that are listed in one answer, over all its results. */
export const MAX_EXPLANATIONS = 100_000;

const top = z.int().min(1).max(MAX_EXPLANATIONS);

export const explainSetting = z
  .union(
    [
      z.int().min(0).max(MAX_EXPLANATIONS),
      z.strictObject({
        top: optional(top.openapi({ default: 10, description: "How many anchors, and groups, are listed." })),
        groupBy: optional(
          text.openapi({
            description:
              "A metadata key: contributions are added up by its value. Anchors without it are of the group null; one " +
              "whose value is a list belongs to each of its elements in equal shares.",
            example: "owner",
          }),
        ),
        against: optional(
          text.openapi({
            description:
              "`runner-up`, or the name of a class: why the first class and not this one. Where it is the first class " +
              "itself, the runner-up.",
            example: "runner-up",
          }),
        ),
        every: optional(
          z.boolean().openapi({
            description:
              "True: each listed class has an explanation of its own, in `classes`. `against` then compares each class " +
              "with the one that it names, and that class itself, or the first, with the best other.",
          }),
        ),
      }),
    ],
    { error: "must be a whole number of anchors from 0, or an object of top, groupBy, against and every" },
  )
  .openapi("Explain", {
    default: 0,
    description:
      "How many anchors explain the first class of each result; or an object that asks for more than that. All " +
      "contributions add up to the score, the listed ones with what `others` says of the rest.",
    example: { top: 5, groupBy: "owner", against: "runner-up" },
  });

export type Explain = z.output<typeof explainSetting>;

const part = {
  anchor: anchorId,
  text: z.string().nullable(),
  image: optional(
    z.string().nullable().openapi({
      description: "The path of its image; null where there is none. Only where `explain` is an object.",
      example: "/v1/collections/birds/anchors/a1/image",
    }),
  ),
};

const contribution = z.strictObject({
  ...part,
  contribution: z.number(),
  imageSimilarity: z.number(),
  textSimilarity: z
    .number()
    .openapi({ description: "To the prompt that gave the score; with `mean`, to the most similar one." }),
});

const difference = z.strictObject({
  ...part,
  contribution: z.number().openapi({ description: "To the explained class." }),
  against: z.number().openapi({ description: "To the other." }),
  difference: z.number(),
});

const grouped = <Sums extends z.ZodRawShape>(sums: Sums) => ({
  groups: optional(
    z
      .array(
        z.strictObject({
          group: z
            .unknown()
            .openapi({ description: "The value of the metadata key; null where there is none." }),
          anchors: z.int(),
          ...sums,
        }),
      )
      .readonly(),
  ),
  otherGroups: optional(
    z.strictObject({ groups: z.int(), ...sums }).openapi({ description: "Those that are not listed." }),
  ),
});

const contrast = z
  .strictObject({
    name: z.string(),
    score: z.number(),
    difference: z.number().openapi({ description: "Of the explained class's score to this one." }),
    anchors: z.array(difference).readonly(),
    others: z.strictObject({ anchors: z.int(), difference: z.number() }),
    ...grouped({ difference: z.number(), contribution: z.number(), against: z.number() }),
  })
  .openapi("Contrast", {
    description: "Why one class and not another: the difference of their scores, anchor by anchor.",
  });

/** Which anchors a score is made of. */
const explained = {
  explanation: optional(z.array(contribution).readonly()),
  others: optional(
    z
      .strictObject({ anchors: z.int(), contribution: z.number() })
      .openapi({ description: "The anchors that `explanation` does not list." }),
  ),
  ...grouped({ contribution: z.number() }),
  against: optional(contrast.nullable().openapi({ description: "null where no class has another name." })),
};

/** One class of a result; explained if the request asks for every class. */
export const rankedClass = z.strictObject({ name: z.string(), score: z.number(), ...explained });

/** One result of a classification; an explanation of its own is that of the first class. */
export const classifyResult = z
  .strictObject({
    classes: z.array(rankedClass).readonly(),
    support: optional(
      z.int().openapi({
        description:
          "How many anchors the image shares with any of the classes, by methods whose scores are sums over anchors; by " +
          "`local` and `asif+local`, how many the image is described by. 0: no caption is near any of these classes, and the " +
          "scores say nothing.",
      }),
    ),
    offset: optional(
      z.number().openapi({
        description:
          "By `local` and `asif+local`: what is taken from the sum of all contributions, the same for every class. The sum " +
          "less the offset is the score. Only where contributions are asked for.",
      }),
    ),
    ...explained,
  })
  .openapi("Classified");

/** What one anchor adds to the score of an image and a class; those of all anchors add up to the score. */
export type Contribution = z.output<typeof contribution>;
/** What one anchor adds to the difference between two classes' scores. */
export type Difference = z.output<typeof difference>;
/** Why one class and not another; the anchors' differences add up to the scores' difference. */
export type Contrast = z.output<typeof contrast>;
export type ClassifyResult = z.output<typeof classifyResult>;
