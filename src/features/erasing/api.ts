import { z } from "@hono/zod-openapi";
import { filter } from "../../api/filter.ts";
import { receipt } from "../../api/receipts.ts";
import { anchorId, collectionName, instant, optional, sequence, text, textUpTo } from "../../api/values.ts";
import { MAX_ANCHORS } from "../../api/anchors.ts";

/** How an erasure is reported where the request does not say. */
export const ERASE_DEFAULTS = { pictures: 20, imageSimilarity: 0.98 } as const;
const MAX_PICTURES = 200;
const MAX_CLASSES = 200;
const MAX_WORDS = 2_000;

const questions = z
  .union(
    [
      z.strictObject({
        by: text.openapi({
          type: "string",
          description: "A metadata field: stored pictures are asked for its values, at most 200.",
        }),
        pictures: optional(
          z.int().min(1).max(MAX_PICTURES).openapi({ type: "integer", default: ERASE_DEFAULTS.pictures }),
        ),
      }),
      z.strictObject({
        anchors: z.array(anchorId).min(1).max(MAX_PICTURES).readonly(),
        classes: z.array(text).min(2).max(MAX_CLASSES).readonly(),
      }),
    ],
    { error: `must hold either "by", or "anchors" and "classes"` },
  )
  .openapi({
    description:
      "Stored pictures that stay, and what they are asked for: before, as a counterfactual predicts, and after. Where absent " +
      "nothing is asked.",
  });

const common = {
  askedBy: optional(
    textUpTo(MAX_WORDS).openapi({
      description: "Who asked for it, in words of your own.",
      example: "Ann, by letter",
    }),
  ),
  reason: optional(textUpTo(MAX_WORDS)),
  questions: optional(questions),
  imageSimilarity: optional(
    z.number().min(0.5).max(1).openapi({
      type: "number",
      default: ERASE_DEFAULTS.imageSimilarity,
      description: "Pictures that stay and have this cosine to a deleted one are named as near copies.",
    }),
  ),
  search: optional(
    z
      .boolean()
      .openapi({ default: true, description: "Whether stored bytes are searched for what was deleted." }),
  ),
};

export const eraseRequest = z
  .union(
    [
      z.strictObject({ filter, ...common }),
      z.strictObject({ ids: z.array(anchorId).min(1).max(MAX_ANCHORS).readonly(), ...common }),
    ],
    { error: `must hold either "ids" or "filter"` },
  )
  .openapi("EraseRequest", {
    example: { filter: { owner: "ann" }, askedBy: "Ann, by letter", questions: { by: "kind" } },
  });
export type EraseRequest = z.output<typeof eraseRequest>;
export type EraseRequestBody = z.input<typeof eraseRequest>;

const ranked = z.strictObject({ name: z.string(), score: z.number() });
const askedQuestion = z.strictObject({
  anchor: anchorId,
  text: z.string().nullable(),
  usual: z.strictObject({ before: z.string(), after: z.string() }).openapi({
    description:
      "The first class as the collection answers, whose transforms were fitted anew after the deletion.",
  }),
  before: ranked,
  predicted: ranked,
  after: ranked,
  difference: z.number().openapi({
    description:
      "The largest difference of a class's score between what was predicted and what was answered.",
  }),
});
const asked = z.strictObject({
  classes: z.array(z.string()).readonly(),
  settings: z.strictObject({ method: z.literal("asif"), transform: z.literal("none") }).openapi({
    description:
      "Of `before`, `predicted` and `after`: without a fitted transform, so that a prediction has to be equal.",
  }),
  flipped: z.int().openapi({ description: "Questions whose usual answer is another one." }),
  largestDifference: z.number(),
  equal: z.boolean().openapi({ description: "Whether all predictions are equal to the answers, to 1e-6." }),
  questions: z.array(askedQuestion).readonly(),
});
export type AskedQuestions = z.output<typeof asked>;

const nearCopy = z.strictObject({ anchor: anchorId, text: z.string().nullable(), similarity: z.number() });
export type NearCopy = z.output<typeof nearCopy>;

const searched = z.strictObject({
  anchors: z.int().openapi({ description: "Deleted anchors that were searched for, at most 200." }),
  found: z.int().openapi({ description: "Of these with a trace somewhere." }),
  traces: z.array(z.string()).readonly(),
  places: z.array(z.string()).readonly(),
});
export type SearchedBytes = z.output<typeof searched>;

const fit = z.strictObject({ transform: z.string(), sequence });

export const erasureReport = z
  .strictObject({
    version: z.literal(1),
    collection: collectionName,
    installation: z.string(),
    madeAt: instant,
    asked: z.strictObject({ by: z.string().nullable(), reason: z.string().nullable(), at: instant }),
    which: z
      .strictObject({ filter: z.record(z.string(), z.unknown()).nullable(), ids: z.int().nullable() })
      .openapi({ description: "The filter, or the number of ids; ids of deleted anchors are not kept." }),
    deleted: z.int(),
    sequence: sequence.openapi({ description: "Of the deletion." }),
    deletion: z.string().openapi({ description: "The id of its receipt." }),
    erasure: z.string().openapi({ description: "The id of the receipt of the erasure that covers it." }),
    chain: z.array(receipt).readonly().openapi({ description: "All receipts up to the erasure." }),
    nearCopies: z.strictObject({
      imageSimilarity: z.number(),
      count: z.int(),
      listed: z.array(nearCopy).readonly().openapi({ description: "At most 100, the nearest first." }),
    }),
    questions: asked.nullable(),
    fits: z.strictObject({ image: fit, text: fit }).openapi({
      description:
        "The transforms in use afterwards: nothing that was deleted up to their sequence has a trace in them.",
    }),
    searched: searched.nullable(),
    notSearched: z.array(z.string()).readonly(),
  })
  .openapi("ErasureReport");
export type ErasureReport = z.output<typeof erasureReport>;
export type ErasureReportBody = z.input<typeof erasureReport>;

const signature = z.strictObject({
  algorithm: z.literal("Ed25519"),
  value: z
    .string()
    .openapi({ description: "In base64, of the canonical JSON (RFC 8785) of `report` in UTF-8." }),
  publicKey: z.string().openapi({ description: "SPKI in base64, as `GET /v1/signing-key` says it." }),
});

export const signedReport = z
  .strictObject({ report: erasureReport, signature })
  .openapi("SignedErasureReport");
export type SignedReport = z.output<typeof signedReport>;
export type SignedReportBody = z.input<typeof signedReport>;

export const erasureReportList = z.strictObject({
  reports: z
    .array(
      z.strictObject({ id: z.string(), madeAt: instant, deleted: z.int(), askedBy: z.string().nullable() }),
    )
    .readonly()
    .openapi({ description: "The newest first, at most 1,000." }),
});
export type ErasureReportListBody = z.input<typeof erasureReportList>;

export const reportPath = z.strictObject({
  collection: collectionName.openapi({ param: { name: "collection", in: "path" } }),
  id: z
    .uuid()
    .openapi({ param: { name: "id", in: "path" }, description: "Of the job that made the report." }),
});

export const signingKey = z
  .strictObject({
    algorithm: z.literal("Ed25519"),
    publicKey: z.string().openapi({ description: "SPKI in base64." }),
    fingerprint: z.string().openapi({ description: "sha256 of the key's bytes." }),
  })
  .openapi("SigningKey");
export type SigningKeyBody = z.input<typeof signingKey>;
