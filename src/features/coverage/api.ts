import { z } from "@hono/zod-openapi";
import { questionShape, settings } from "../../api/queries.ts";
import { optional, text } from "../../api/values.ts";

/** Each is compared with each. */
const MAX_CLASSES = 2_000;
const MAX_TOP = 100;
const MAX_PROMPTS = 20_000;

export const coverageRequest = z
  .strictObject({
    classes: questionShape.classes.max(MAX_CLASSES),
    templates: questionShape.templates,
    filter: questionShape.filter,
    top: optional(
      z.int().min(1).max(MAX_TOP).openapi({
        default: 5,
        description: "How many of a class's captions and groups, and of pairs of classes, are listed.",
      }),
    ),
    groupBy: optional(
      text.openapi({
        description:
          "A metadata key: says how a class's anchors are shared out by its value, and which common values are missing.",
        example: "vendor",
      }),
    ),
    ...settings,
  })
  .superRefine(({ classes, templates }, context) => {
    const prompts = classes.reduce((sum, each) => sum + (each.prompts?.length ?? templates?.length ?? 1), 0);
    if (prompts <= MAX_PROMPTS) return;
    const message = `prompts of all classes together must be at most ${MAX_PROMPTS}`;
    context.addIssue({ code: "custom", path: ["classes"], message });
  })
  .openapi("CoverageRequest", {
    example: { classes: [{ name: "fox" }, { name: "wolf" }], templates: ["a {}"], groupBy: "owner" },
  });

const advice = z
  .strictObject({
    reason: z.enum([
      "no-anchors",
      "few-anchors",
      "far-captions",
      "incoherent-images",
      "confused-with",
      "missing-group",
    ]),
    with: z.string().optional().openapi({ description: "The class that it overlaps with." }),
    group: z
      .unknown()
      .optional()
      .openapi({ description: "A common value of `groupBy` that no anchor of the class has." }),
    measured: z.number().optional(),
    usual: z.number().optional().openapi({ description: "What it is held against." }),
    message: z.string().openapi({ description: "The same in words, and which pairs to add." }),
  })
  .openapi("Advice");

const classCoverage = z
  .strictObject({
    name: z.string(),
    risk: z.number().openapi({
      description:
        "Of its images going to another class, in (0, 1): predicted from the three signs below. Compare classes by it; as " +
        "a share it is that of 300 emoji.",
    }),
    anchors: z.int().openapi({ description: "Anchors in the class's representation." }),
    effectiveAnchors: z.number().openapi({
      description: "How many they amount to: the exponential of the entropy of their weights.",
    }),
    nearest: z.array(
      z.strictObject({
        text: z.string().nullable(),
        anchor: z.string().openapi({ description: "The nearest anchor with that caption." }),
        anchors: z.int().openapi({ description: "How many of the representation's anchors have it." }),
        similarity: z.number(),
        weight: z.number().openapi({ description: "Their share of the representation." }),
      }),
    ),
    imageCoherence: z.number().nullable().openapi({
      description: "Weighted mean cosine of pairs of its anchors' images; null with fewer than two.",
    }),
    overlap: z
      .strictObject({ with: z.string(), index: z.int(), overlap: z.number() })
      .nullable()
      .openapi({ description: "With the most overlapping class: the cosine of both representations." }),
    groups: z.array(z.strictObject({ group: z.unknown(), weight: z.number() })).optional(),
    advice: z.array(advice),
  })
  .openapi("ClassCoverage");

export const coverageAnswer = z
  .strictObject({
    classes: z.array(classCoverage).openapi({ description: "In the order of the request." }),
    overlaps: z
      .array(
        z.strictObject({
          first: z.int().openapi({ description: "The place of the class in the request, from 0." }),
          second: z.int(),
          names: z.array(z.string()).length(2),
          overlap: z.number(),
        }),
      )
      .openapi({
        description: "Pairs of classes that will be taken for each other, the most overlapping first.",
      }),
    usual: z
      .strictObject({
        captions: z.int(),
        nearestSimilarity: z.number(),
        imageCoherence: z.number(),
      })
      .nullable()
      .openapi({
        description:
          "What nine of ten of the collection's own captions reach by the anchors of the others; null with fewer than 20.",
      }),
    sequence: z.int(),
    tookMs: z.number(),
  })
  .openapi("CoverageAnswer");

export type CoverageRequestBody = z.input<typeof coverageRequest>;
export type CoverageAnswerBody = z.input<typeof coverageAnswer>;
