import { z } from "@hono/zod-openapi";
import { classInput, computed, questionShape, settings } from "../../api/queries.ts";
import { anchorId, optional, text } from "../../api/values.ts";

/** Maximum number of classes; each is compared with every other. */
const MAX_CLASSES = 2_000;
const MAX_TOP = 100;
const MAX_PROMPTS = 20_000;

export const coverageRequest = z
  .strictObject({
    classes: z.array(classInput).min(1).max(MAX_CLASSES).readonly(),
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
    with: optional(z.string().openapi({ description: "The class that it overlaps with." })),
    group: optional(
      z.unknown().openapi({ description: "A common value of `groupBy` that no anchor of the class has." }),
    ),
    measured: optional(z.number()),
    usual: optional(z.number().openapi({ description: "What it is held against." })),
    message: z.string().openapi({ description: "The same in words, and which pairs to add." }),
  })
  .openapi("Advice");

const nearCaption = z.strictObject({
  text: z.string().nullable(),
  anchor: anchorId.openapi({ description: "The nearest anchor with that caption." }),
  anchors: z.int().openapi({ description: "How many of the representation's anchors have it." }),
  similarity: z.number(),
  weight: z.number().openapi({ description: "Their share of the representation." }),
});

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
    nearest: z.array(nearCaption).readonly().openapi({ description: "The most similar first." }),
    imageCoherence: z.number().nullable().openapi({
      description: "Weighted mean cosine of pairs of its anchors' images; null with fewer than two.",
    }),
    overlap: z
      .strictObject({ with: z.string(), index: z.int(), overlap: z.number() })
      .nullable()
      .openapi({ description: "With the most overlapping class: the cosine of both representations." }),
    groups: optional(z.array(z.strictObject({ group: z.unknown(), weight: z.number() })).readonly()),
    advice: z.array(advice).readonly(),
  })
  .openapi("ClassCoverage");

const overlap = z.strictObject({
  first: z.int().openapi({ description: "The place of the class in the request, from 0." }),
  second: z.int(),
  names: z
    .tuple([z.string(), z.string()])
    .readonly()
    .openapi({ type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 }),
  overlap: z.number(),
});

const usual = z.strictObject({
  captions: z.int(),
  nearestSimilarity: z.number(),
  imageCoherence: z.number(),
});

export const coverageAnswer = z
  .strictObject({
    classes: z.array(classCoverage).readonly().openapi({ description: "In the order of the request." }),
    overlaps: z.array(overlap).readonly().openapi({
      description: "Pairs of classes that will be taken for each other, the most overlapping first.",
    }),
    usual: usual.nullable().openapi({
      description:
        "What nine of ten of the collection's own captions reach by the anchors of the others; null with fewer than 20.",
    }),
    ...computed,
  })
  .openapi("CoverageAnswer");

export type CoverageRequest = z.output<typeof coverageRequest>;
export type CoverageRequestBody = z.input<typeof coverageRequest>;
export type CoverageAnswer = z.output<typeof coverageAnswer>;
export type CoverageAnswerBody = z.input<typeof coverageAnswer>;
/** A suggestion for better anchors. */
export type Advice = z.output<typeof advice>;
export type NearCaption = z.output<typeof nearCaption>;
export type ClassCoverage = z.output<typeof classCoverage>;
/** Two classes, by their indexes in the request. */
export type Overlap = z.output<typeof overlap>;
export type Usual = z.output<typeof usual>;
export type Coverage = Pick<CoverageAnswer, "classes" | "overlaps" | "usual">;
