import { z } from "@hono/zod-openapi";
import { asifUsed } from "../../api/asif.ts";
import { anchorId, instant, minSequence, optional, sequence, text } from "../../api/values.ts";

/** How a collection is checked where the request does not say. */
export const CHECK_DEFAULTS = {
  imageSimilarity: 0.999,
  textSimilarity: 0.98,
  mismatchRank: 0.3,
  limit: 100,
} as const;

const problemKind = z.enum([
  "duplicate-pairs",
  "duplicate-images",
  "duplicate-captions",
  "mismatches",
  "spoilers",
  "outliers",
  "shared-captions",
  "thin-classes",
]);
/** A kind of problem that a check looks for. */
export type ProblemKind = z.output<typeof problemKind>;

const MAX_LISTED = 1_000;
const cosine = (normally: number) =>
  optional(z.number().min(0.5).max(1).openapi({ type: "number", default: normally }));

export const checkRequest = z
  .strictObject({
    minSequence: optional(minSequence),
    by: optional(
      text.openapi({
        type: "string",
        description:
          "A metadata field whose values are the classes, for `thin-classes` and `spoilers`. Without it anchors of one " +
          "caption are one class.",
        example: "species",
      }),
    ),
    imageSimilarity: cosine(CHECK_DEFAULTS.imageSimilarity).openapi({
      description: "Pictures whose stored vectors have this cosine or more are the same.",
    }),
    textSimilarity: cosine(CHECK_DEFAULTS.textSimilarity).openapi({
      description: "Captions whose stored vectors have this cosine or more are the same.",
    }),
    mismatchRank: optional(
      z.number().min(0).max(1).openapi({
        type: "number",
        default: CHECK_DEFAULTS.mismatchRank,
        description: "The share of others that have to rank before an anchor's own partner.",
      }),
    ),
    limit: optional(
      z.int().min(1).max(MAX_LISTED).openapi({
        type: "integer",
        default: CHECK_DEFAULTS.limit,
        description: "Findings that are kept of each kind, the worst first; all are counted.",
      }),
    ),
  })
  .openapi("CheckRequest", { example: { by: "species", limit: 20 } });

export type CheckRequest = z.output<typeof checkRequest>;
export type CheckRequestBody = z.input<typeof checkRequest>;
/** What a check goes by, with the defaults filled in. */
export type CheckSettings = Required<Omit<CheckRequest, "minSequence" | "by">> & Pick<CheckRequest, "by">;

const anchorOf = <Extra extends z.ZodRawShape>(extra: Extra) =>
  z.strictObject({ anchor: anchorId, text: z.string().nullable(), ...extra });
const measuredAnchor = anchorOf({});
export type MeasuredAnchor = z.output<typeof measuredAnchor>;
const shownAnchor = anchorOf({
  image: z.string().nullable().openapi({ description: "The path of its image; null where there is none." }),
});

const findingShape = <Anchor extends z.ZodType>(anchor: Anchor) => ({
  score: z.number().openapi({
    description:
      "Duplicates: the least cosine to the first of the group. `mismatches`: the share of others that rank before the " +
      "own partner. `spoilers`: answers that turn right without the anchor, less those that turn wrong. `outliers`: " +
      "robust deviations below the usual similarity. `shared-captions` and `thin-classes`: anchors.",
  }),
  count: z.int().openapi({ description: "How many anchors it concerns." }),
  anchors: z.array(anchor).readonly().openapi({ description: "At most 20 of them, in id order." }),
  beside: anchor.nullable().openapi({
    description:
      "An anchor to compare with: the nearest picture of another caption, the nearest anchor, or a question that is " +
      "answered wrong.",
  }),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.null()])
    .openapi({ description: "The shared caption or the class; null elsewhere." }),
  reason: z.string().openapi({ description: "The finding in one sentence." }),
});
/** One finding as it is stored. */
export const finding = z.strictObject(findingShape(measuredAnchor));
export type CheckFinding = z.output<typeof finding>;

const problemShape = <Found extends z.ZodType>(found: Found) => ({
  kind: problemKind,
  count: z.int().openapi({ description: "All findings, also those that are not listed." }),
  anchors: z.int().openapi({ description: "Different anchors that they concern." }),
  skipped: z.string().nullable().openapi({ description: "Why it was not looked for; null where it was." }),
  findings: z.array(found).readonly().openapi({ description: "The worst first." }),
});
/** All findings of one kind as they are stored. */
export const foundProblem = z.strictObject(problemShape(finding));
export type FoundProblem = z.output<typeof foundProblem>;

const checkShape = {
  sequence: sequence.openapi({ description: "Of the anchors that were checked." }),
  anchorCount: z.int(),
  settings: z.strictObject({
    by: z.string().nullable(),
    imageSimilarity: z.number(),
    textSimilarity: z.number(),
    mismatchRank: z.number(),
    limit: z.int(),
    asif: asifUsed,
  }),
  tookMs: z.number(),
};
export type CheckFindings = z.output<z.ZodObject<typeof checkShape>> & {
  readonly problems: readonly FoundProblem[];
};

export const check = z
  .strictObject({
    ...checkShape,
    checkedAt: instant,
    current: z.boolean().openapi({ description: "Whether no anchor was written or deleted since." }),
    gone: z.int().openapi({
      description: "Listed findings that are left out because an anchor of theirs was deleted since.",
    }),
    problems: z
      .array(
        z
          .strictObject(problemShape(z.strictObject(findingShape(shownAnchor)).openapi("CheckFinding")))
          .openapi("CheckProblem"),
      )
      .readonly()
      .openapi({ description: "One of each kind; those that concern the most anchors first." }),
  })
  .openapi("Check", { description: "What a check of a collection's anchors found last." });

export type Check = z.output<typeof check>;
export type CheckBody = z.input<typeof check>;
