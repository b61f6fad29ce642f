import { z } from "@hono/zod-openapi";
import { ensemble, method, rank } from "./methods.ts";
import { collectionName, k, minSequenceParameter, optional, p, transform } from "./values.ts";

const MAX_DIMENSION = 8192;

export const encoderChoice = z
  .union(
    [
      z.string().min(1),
      z.strictObject({
        external: z.strictObject({
          dimension: z.int().min(1).max(MAX_DIMENSION).openapi({ example: 64 }),
        }),
      }),
    ],
    { error: `must be the id of an encoder or {"external": {"dimension": …}}` },
  )
  .openapi("EncoderChoice", {
    description:
      "The id of an encoder (`GET /v1/encoders`), or `external` with a dimension: then only vectors are accepted.",
    example: { external: { dimension: 64 } },
  });

const defaults = {
  transform: optional(transform),
  method: optional(method),
  rank: optional(rank),
  ensemble: optional(ensemble),
};

export const collectionSpec = z
  .strictObject({
    name: collectionName,
    imageEncoder: optional(encoderChoice),
    textEncoder: optional(encoderChoice),
    asif: optional(z.strictObject({ k: optional(k), p: optional(p) })),
    ...defaults,
  })
  .openapi("CollectionSpec", {
    description:
      "Without an encoder the service's default of that modality; without `asif` k = 800, p = 8; without `transform` " +
      "`none` where an encoder is external.",
    example: {
      name: "birds",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
      asif: { k: 200, p: 6 },
      transform: "center",
    },
  });

export const collectionChange = z
  .strictObject({ asif: optional(z.strictObject({ k: optional(k), p: optional(p) })), ...defaults })
  .openapi("CollectionChange", {
    description: "What queries are answered by where they say nothing else; what is not given stays.",
    example: { asif: { k: 200 }, transform: "whiten" },
  });

const indexStatus = z
  .strictObject({
    kind: z.enum(["exact", "hnsw"]),
    dimension: z.int(),
    vectors: z.int(),
    tombstones: z.int().openapi({ description: "Deleted, hidden, and still in memory until compaction." }),
    sequence: z.int().openapi({ description: "Up to which write it has read." }),
    transform,
    transformVersion: z.int(),
    transformSequence: z.int().openapi({
      description:
        "The anchors' sequence that the transform was fitted at: what was deleted up to it has no trace in the fit.",
    }),
  })
  .openapi("IndexStatus");

export const collection = z
  .strictObject({
    name: z.string(),
    imageEncoder: encoderChoice,
    textEncoder: encoderChoice,
    asif: z.strictObject({ k: z.int(), p: z.number() }),
    transform,
    method,
    rank,
    ensemble,
    anchorCount: z.int(),
    sequence: z.int().openapi({ description: "Grows by one with every committed write." }),
    indexes: z.strictObject({ image: indexStatus, text: indexStatus }),
    createdAt: z.iso.datetime(),
  })
  .openapi("Collection");

export const collectionList = z.strictObject({ collections: z.array(collection) }).openapi("CollectionList");

export const collectionPath = z.strictObject({
  collection: collectionName.openapi({ param: { name: "collection", in: "path" } }),
});

export const collectionQuery = z.strictObject({ minSequence: optional(minSequenceParameter) });
