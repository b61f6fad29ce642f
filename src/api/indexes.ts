import { z } from "@hono/zod-openapi";
import { fittedTransform } from "./transforms.ts";
import { optional, sequence } from "./values.ts";

export const indexKind = z.enum(["exact", "partitions", "hnsw"]);
export type IndexKind = z.output<typeof indexKind>;

/** The ways of answering a search: `flat` scans codes as `exact` does, but without a proof that no neighbour is missed. */
export const searchWay = z.enum(["exact", "flat", "partitions", "hnsw"]);
export type SearchWay = z.output<typeof searchWay>;

/** What an index or a plan says of the transform that its vectors went through. */
export const transformUsed = {
  transform: fittedTransform,
  transformVersion: z.int().openapi({ description: "Of the fit; 0 where nothing is fitted." }),
  transformSequence: sequence.openapi({
    description:
      "The anchors' sequence that the transform was fitted at: what was deleted up to it has no trace in the fit.",
  }),
};

const graphOrigin = {
  source: z.enum(["built", "adopted"]).openapi({
    description: "Whether this service built it, or `build-index` did and the service read its files.",
  }),
  sequence: sequence.openapi({
    description: "Of the anchors that it was begun with; later ones are inserted as they come.",
  }),
};

const graphStatus = z.strictObject({
  ...graphOrigin,
  state: z.enum(["building", "ready"]).openapi({
    description: "While vectors are being inserted the exact index answers.",
  }),
  vectors: z.int(),
});

const partitionStatus = z.strictObject({
  source: z.enum(["built", "saved", "adopted"]).openapi({
    description:
      "Whether this service built the lists, read those that it had saved at a stop, or read those that `build-index` made.",
  }),
  sequence: sequence.openapi({
    description: "Of the anchors that the lists were built of; later ones are added as they come.",
  }),
  state: z.enum(["building", "ready"]).openapi({
    description: "While rows are being put into lists the exact index answers.",
  }),
  progress: z.number().min(0).max(1).openapi({ description: "The share of a build that is done." }),
  vectors: z.int(),
  lists: z.int(),
});

export type PartitionStatus = z.output<typeof partitionStatus>;

/** Where a graph comes from, and which anchors it was begun with. */
export type GraphOrigin = Pick<GraphStatus, keyof typeof graphOrigin>;
export type GraphStatus = z.output<typeof graphStatus>;

export const indexStatus = z
  .strictObject({
    kind: indexKind,
    dimension: z.int(),
    vectors: z.int(),
    tombstones: z.int().openapi({ description: "Deleted, hidden, and still in memory until compaction." }),
    sequence: sequence.openapi({ description: "Up to which write it has read." }),
    ...transformUsed,
    graph: graphStatus.nullable().openapi({ description: "The HNSW graph; null where there is none." }),
    partitions: partitionStatus.nullable().openapi({
      description: "The lists around centroids; null where there are none, as in a small collection.",
    }),
  })
  .openapi("IndexStatus");

export type IndexStatus = z.output<typeof indexStatus>;

const drift = z.strictObject({
  gone: z.int().openapi({
    description: "Anchors that were deleted, or got another vector: their old one is hidden.",
  }),
  added: z.int().openapi({ description: "Anchors whose vector the index lacks: it is being inserted." }),
});

/** What has changed since an index was built. */
export type Drift = z.output<typeof drift>;

export const adoptedIndexes = z
  .strictObject({
    sequence: sequence.openapi({ description: "At which the index was built." }),
    image: drift,
    text: drift,
  })
  .openapi("AdoptedIndexes", { description: "What has changed since the index was built." });

/** An index that was taken over, and what has changed since it was built. */
export type AdoptedIndexes = z.output<typeof adoptedIndexes>;
export type AdoptedIndexesBody = z.input<typeof adoptedIndexes>;

export const plan = z
  .strictObject({
    index: searchWay.openapi({
      description:
        "`flat` is a scan of codes without the proof that `exact` has: it may miss one neighbour in a thousand.",
    }),
    reason: z.string(),
    k: z.int(),
    ef: optional(z.int().openapi({ description: "HNSW's candidate list, where the graph answered." })),
    effort: optional(
      z
        .strictObject({
          lists: z.int().nullable().openapi({ description: "Lists read in any case; null: all." }),
          reach: z.number().nullable().openapi({
            description:
              "Others are read while a row of so many standard deviations above their mean would be among the k best; null: no other.",
          }),
        })
        .openapi({ description: "How far partitions were searched, where they answered." }),
    ),
    estimateMs: z.number().openapi({
      description: "How long it should take by what was measured of this machine.",
    }),
    otherMs: optional(
      z
        .number()
        .openapi({ description: "The same for the exact index, or the fastest other where that answered." }),
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
