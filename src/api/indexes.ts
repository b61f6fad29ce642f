import { z } from "@hono/zod-openapi";
import { optional, sequence, transform } from "./values.ts";

export const indexKind = z.enum(["exact", "hnsw"]);
export type IndexKind = z.output<typeof indexKind>;

/** What an index or a plan says of the transform that its vectors went through. */
export const transformUsed = {
  transform,
  transformVersion: z.int().openapi({ description: "Of the fit; 0 where nothing is fitted." }),
  transformSequence: sequence.openapi({
    description:
      "The anchors' sequence that the transform was fitted at: what was deleted up to it has no trace in the fit.",
  }),
};

export const indexStatus = z
  .strictObject({
    kind: indexKind,
    dimension: z.int(),
    vectors: z.int(),
    tombstones: z.int().openapi({ description: "Deleted, hidden, and still in memory until compaction." }),
    sequence: sequence.openapi({ description: "Up to which write it has read." }),
    ...transformUsed,
  })
  .openapi("IndexStatus");

export type IndexStatus = z.output<typeof indexStatus>;

export const plan = z
  .strictObject({
    index: indexKind,
    reason: z.string(),
    k: z.int(),
    ef: optional(z.int()),
    estimateMs: z.number().openapi({
      description: "How long it should take by what was measured of this machine.",
    }),
    otherMs: optional(
      z.number().openapi({ description: "The same for the other index, where it could have answered." }),
    ),
    anchors: z.int(),
    allowed: z.int().openapi({ description: "How many of them the filter let through." }),
    ...transformUsed,
    candidates: optional(
      z.int().openapi({ description: "How many anchors were scored, where not all were." }),
    ),
  })
  .openapi("Plan", { description: "Which index answered and why." });

/** Which index answered a search, and why. */
export type SearchPlan = z.output<typeof plan>;
