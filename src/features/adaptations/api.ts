import { z } from "@hono/zod-openapi";
import { adaptationId } from "../../api/adaptations.ts";
import { filter } from "../../api/filter.ts";
import { input } from "../../api/inputs.ts";
import { fittedTransform } from "../../api/transforms.ts";
import { collectionName, instant, optional, sequence } from "../../api/values.ts";

/** Fewer say too little about a style. */
export const FEWEST_IMAGES = 20;
/** From this number on the covariance is aligned unless the request says otherwise. */
export const COVARIANCE_IMAGES = 50;
const MAX_INPUTS = 1_000;

const source = z.strictObject({
  collection: collectionName,
  filter: optional(filter.openapi({ description: "Only images of anchors with this metadata." })),
});

export const adaptationRequest = z
  .strictObject({
    id: adaptationId,
    images: optional(z.array(input).min(1).max(MAX_INPUTS).readonly()),
    from: optional(
      source.openapi({
        description:
          "A collection of the same image encoder that holds the images; its texts and metadata are not read.",
      }),
    ),
    covariance: optional(
      z.boolean().openapi({
        description: `Whether the covariance is aligned beside the mean; default: from ${COVARIANCE_IMAGES} images on.`,
      }),
    ),
    seed: optional(z.int().min(0).max(0xffffffff).openapi({ default: 0 })),
  })
  .refine(({ images, from }) => (images === undefined) !== (from === undefined), {
    path: ["images"],
    message: "or from is required, and not both",
  })
  .openapi("AdaptationRequest", {
    description: `At least ${FEWEST_IMAGES} images, without labels.`,
    example: { id: "new-style", from: { collection: "inbox" } },
  });

const usual = z.strictObject({ median: z.number(), largest: z.number() }).openapi({
  description: "The same of 20 random subsets of the anchors, as many as there are images.",
});

/** What is stored of an adaptation beside its numbers. */
export const adaptationDetail = z.strictObject({
  images: z.int().openapi({ description: "How many unlabelled images it was fitted on." }),
  anchors: z.int(),
  covariance: z.boolean().openapi({ description: "Whether the covariance is aligned beside the mean." }),
  shrinkage: z.number().openapi({
    description:
      "How far the covariance of the images was shrunk towards a multiple of the identity, in [0, 1].",
  }),
  shift: z.number().openapi({
    description: "The distance of the mean image from the anchors' mean, as the transform shows them.",
  }),
  usual,
  transform: fittedTransform,
  transformVersion: z.int().openapi({ description: "Of the fit that it holds for; another makes it stale." }),
  notes: z.array(z.string()).readonly(),
});
export type AdaptationDetail = z.output<typeof adaptationDetail>;

export const adaptation = adaptationDetail
  .extend({
    id: adaptationId,
    fittedAt: instant,
    sequence: sequence.openapi({ description: "Of the anchors that it was fitted on." }),
    from: source.nullable().openapi({ description: "Null where the images were in the request." }),
    fromDeleted: z.boolean().openapi({
      description: "True where that collection is gone: the alignment stays, and cannot be fitted again.",
    }),
    state: z.enum(["ready", "stale"]).openapi({
      description:
        "`stale` where the transform was fitted again or a compaction erased what it was made of: with a `from` the next " +
        "query fits it again, without one queries answer 409.",
    }),
  })
  .openapi("Adaptation");

export const adaptationList = z
  .strictObject({ adaptations: z.array(adaptation).readonly() })
  .openapi("AdaptationList");

export type AdaptationRequest = z.output<typeof adaptationRequest>;
export type AdaptationRequestBody = z.input<typeof adaptationRequest>;
export type Adaptation = z.output<typeof adaptation>;
export type AdaptationBody = z.input<typeof adaptation>;
/** A collection that holds unlabelled images. */
export type ImageSource = z.output<typeof source>;
