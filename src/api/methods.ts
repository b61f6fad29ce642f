import { z } from "@hono/zod-openapi";
import { CONSENSUS, METHODS, type Member } from "../asif/index.ts";
import { optional } from "./values.ts";

const MAX_RANK = 8_192;

export const method = z.enum(METHODS).openapi({
  description:
    "How images and texts are scored: `asif` by relative representations, `csa`, `orthogonal` and `ridge` by linear maps " +
    "fitted on the anchors, `asif-csa` by relative representations measured in the space of `csa`, `consensus` by the sum " +
    "of several, each of mean 0 and deviation 1 over an image's texts, so that a single text scores 0.",
});

export const rank = z.int().min(1).max(MAX_RANK).nullable().openapi({
  description:
    "Canonical directions that `csa`, `asif-csa` and `consensus` compare by, the most correlated first; null: 512.",
});

export const ensemble = z.enum(["max", "mean"]).openapi({
  description:
    "`max`: a class's score is its best prompt's; `mean`: that of its prompts' mean representation.",
});

const isMember = (method: (typeof METHODS)[number]): method is Member => method !== "consensus";

/** What a question may say of how it is scored. */
export const scoring = {
  method: optional(method),
  rank: optional(
    z
      .int()
      .min(1)
      .max(MAX_RANK)
      .openapi({
        description:
          "Canonical directions that `csa`, `asif-csa` and `consensus` compare by, the most correlated first; where " +
          "absent, the collection's, else 512.",
        example: 256,
      }),
  ),
  members: optional(
    z
      .array(z.enum(METHODS.filter(isMember)))
      .min(1)
      .refine((members) => new Set(members).size === members.length, { error: "must name each method once" })
      .openapi({
        default: [...CONSENSUS],
        description: "Of a `consensus`: the methods whose standardized scores are added.",
      }),
  ),
};

/** What an answer says of how it was scored. */
export const scored = {
  method,
  fits: z
    .array(
      z.strictObject({
        kind: z.enum(["csa", "orthogonal", "ridge"]),
        version: z.int().openapi({
          description: "Counts the fits; 0 for one on the anchors of a filter alone, which is not stored.",
        }),
        sequence: z.int().openapi({
          description:
            "The anchors' sequence that it was fitted at: what was deleted up to it has no trace in the fit.",
        }),
        anchors: z.int().openapi({ description: "How many it was fitted on." }),
      }),
    )
    .openapi({ description: "What was fitted on the anchors for this method; none for `asif`." }),
};
