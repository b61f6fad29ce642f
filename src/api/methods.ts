import { z } from "@hono/zod-openapi";
import { optional, sequence } from "./values.ts";

const MAX_RANK = 8_192;

/** Those that a consensus can be made of: they score a text by itself. */
export const MEMBERS = ["asif", "csa", "orthogonal", "ridge", "asif-csa"] as const;
export type Member = (typeof MEMBERS)[number];

/** How images and texts are scored against each other; every one of them from the same anchors, without training. */
export const METHODS = [...MEMBERS, "local", "asif+local", "consensus"] as const;
export type CoreMethod = (typeof METHODS)[number];

/** A method that is not the core's own: see `docs/methods.md`. */
export type PluggedMethod = `plug:${string}`;
const PLUGGED = /^plug:[a-z0-9][a-z0-9-]{0,39}$/;
export const isPlugged = (method: string): method is PluggedMethod => PLUGGED.test(method);

export type Method = CoreMethod | PluggedMethod;

/** The members of a consensus that names none; chosen, as other defaults, on emoji that are not reported. */
export const DEFAULT_MEMBERS = ["asif", "csa", "ridge", "asif-csa"] as const satisfies readonly Member[];

const isMethod = (value: string): value is Method =>
  METHODS.some((method) => method === value) || isPlugged(value);

export const method = z
  .custom<Method>((value) => typeof value === "string" && isMethod(value), {
    error: `must be one of ${METHODS.join(", ")}, or plug:NAME of a method that this service was given`,
  })
  .openapi({
    type: "string",
    anyOf: [{ enum: [...METHODS] }, { pattern: PLUGGED.source }],
    description:
      "How images and texts are scored: `asif` by relative representations, `csa`, `orthogonal` and `ridge` by linear maps " +
      "fitted on the anchors, `local` by regression over the 100 anchors nearest to the image and to the text, `asif+local` by both " +
      "of these, `asif-csa` by relative representations measured in the space of `csa`, `consensus` by the sum " +
      "of several, each of mean 0 and deviation 1 over an image's texts, so that a single text scores 0; `plug:NAME` by a " +
      "method that the operator has plugged in.",
  });

export const rank = z.int().min(1).max(MAX_RANK).nullable().openapi({
  description:
    "Canonical directions that `csa`, `asif-csa` and `consensus` compare by, the most correlated first; null: 512.",
});

/** What a class of several prompts scores as: its best one, or the mean of their representations. */
export type Ensemble = z.output<typeof ensemble>;

export const ensemble = z.enum(["max", "mean"]).openapi({
  description:
    "`max`: a class's score is its best prompt's; `mean`: that of its prompts' mean representation.",
});

/** The same for a classification, which may also sum up a class's prompts. */
export const classifyEnsemble = z.enum([...ensemble.options, "summary"]).openapi({
  description:
    "`max`: a class's score is its best prompt's; `mean`: that of its prompts' mean representation; `summary`, for the method " +
    "`asif` and prompts that are texts: that of all prompts joined to one text, added to that mean.",
});

/** What a class of several prompts scores as in a classification. */
export type ClassifyEnsemble = z.output<typeof classifyEnsemble>;

/**
 * Pairs of linear maps that take both modalities into one space, fitted on a collection's anchors: canonical
 * correlations, an orthogonal map, or ridge regression.
 */
export const ALIGNMENT_KINDS = ["csa", "orthogonal", "ridge"] as const;
export type AlignmentKind = (typeof ALIGNMENT_KINDS)[number];

const fit = z.strictObject({
  kind: z.enum(ALIGNMENT_KINDS),
  version: z.int().openapi({
    description: "Counts the fits; 0 for one on the anchors of a filter alone, which is not stored.",
  }),
  sequence: sequence.openapi({
    description:
      "The anchors' sequence that it was fitted at: what was deleted up to it has no trace in the fit.",
  }),
  anchors: z.int().openapi({ description: "How many it was fitted on." }),
});

/** A fit that scores were computed by. */
export type FitUsed = z.output<typeof fit>;

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
      .array(z.enum(MEMBERS))
      .min(1)
      .refine((members) => new Set(members).size === members.length, { error: "must name each method once" })
      .readonly()
      .openapi({
        default: [...DEFAULT_MEMBERS],
        description: "Of a `consensus`: the methods whose standardized scores are added.",
      }),
  ),
};

/** What an answer says of how it was scored. */
export const scored = {
  method,
  fits: z.array(fit).readonly().openapi({
    description: "What was fitted on the anchors for this method; none for `asif`, `local` and `asif+local`.",
  }),
};

export type MethodRequest = z.output<z.ZodObject<typeof scoring>>;
