import { z } from "@hono/zod-openapi";
import { filter } from "./filter.ts";
import { computed } from "./queries.ts";
import { minSequence, optional, text } from "./values.ts";

const MAX_KEYS = 50;
const MAX_VALUES = 1_000;

export const facetsRequest = z
  .strictObject({
    keys: optional(
      z.array(text).min(1).max(MAX_KEYS).readonly().openapi({
        description: "Metadata keys. Where absent, the keys that most anchors have, at most 50.",
      }),
    ),
    filter: optional(filter.openapi({ description: "Counts the anchors for which it holds." })),
    limit: optional(
      z
        .int()
        .min(1)
        .max(MAX_VALUES)
        .openapi({ default: 20, description: "Values that are listed of a key." }),
    ),
    minSequence: optional(minSequence),
  })
  .openapi("FacetsRequest", { example: { keys: ["owner"], filter: { year: { gte: 2020 } } } });

const facet = z
  .strictObject({
    key: z.string(),
    anchors: z.int().openapi({ description: "How many anchors have the key." }),
    distinct: z.int().openapi({ description: "How many values there are." }),
    values: z
      .array(
        z.strictObject({
          value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
          anchors: z.int(),
        }),
      )
      .readonly()
      .openapi({
        description:
          "The most frequent first, ties in order of the values. A list counts once for each of its different elements; " +
          "objects are not listed.",
      }),
  })
  .openapi("Facet");

export const facetsAnswer = z
  .strictObject({
    facets: z.array(facet).readonly().openapi({ description: "In the order of `keys`." }),
    anchors: z.int().openapi({ description: "How many anchors the filter holds for." }),
    ...computed,
  })
  .openapi("FacetsAnswer");

export type FacetsRequest = z.output<typeof facetsRequest>;
export type FacetsRequestBody = z.input<typeof facetsRequest>;
export type Facet = z.output<typeof facet>;
export type FacetsAnswer = z.output<typeof facetsAnswer>;
export type FacetsAnswerBody = z.input<typeof facetsAnswer>;
