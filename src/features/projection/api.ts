import { z } from "@hono/zod-openapi";
import { input } from "../../api/inputs.ts";
import { anchorId, modality, optional, sequence } from "../../api/values.ts";

const MAX_SEED = 2 ** 32 - 1;
const MAX_NEIGHBOURS = 100;

const method = z.enum(["pca", "umap"]).openapi("ProjectionMethod");
const methodOrBest = optional(
  method.openapi({ description: "Where absent `umap` if it was computed, else `pca`." }),
);
const side = optional(
  modality.openapi({ default: "image", description: "Whether places are by images or by captions." }),
);

export const projectionRequest = z
  .strictObject({
    methods: optional(
      z.array(method).min(1).max(2).readonly().openapi({ description: "Both where absent, `pca` first." }),
    ),
    sides: optional(
      z.array(modality).min(1).max(2).readonly().openapi({ description: "Both where absent." }),
    ),
    seed: optional(
      z.int().min(0).max(MAX_SEED).openapi({ default: 0, description: "The same gives the same map." }),
    ),
  })
  .openapi("ProjectionRequest", { example: { methods: ["pca", "umap"], sides: ["image"], seed: 0 } });

export const projectionQuery = z.strictObject({ method: methodOrBest, side });

export const projectionValuesQuery = z
  .strictObject({
    key: optional(z.string().min(1).max(1_000).openapi({ description: "A key of the metadata." })),
    of: optional(z.enum(["metadata", "agreement"]).openapi({ default: "metadata" })),
  })
  .superRefine(({ key, of = "metadata" }, context) => {
    if (of === "metadata" && key === undefined)
      context.addIssue({ code: "custom", path: ["key"], message: "is required: name a key of the metadata" });
    if (of !== "metadata" && key !== undefined)
      context.addIssue({ code: "custom", path: ["key"], message: `has no place where "of" is "${of}"` });
  });

export const projectionPlaceRequest = z
  .strictObject({
    query: input,
    method: methodOrBest,
    side,
    neighbours: optional(
      z.int().min(1).max(MAX_NEIGHBOURS).openapi({ default: 10, description: "How many are listed." }),
    ),
  })
  .openapi("ProjectionPlaceRequest", { example: { query: { text: "a red fox" }, side: "image" } });

export const projectionPlace = z
  .strictObject({
    x: z.number().nullable().openapi({ description: "Null where no anchor of the map is near the query." }),
    y: z.number().nullable(),
    neighbours: z
      .array(
        z.strictObject({
          id: anchorId,
          text: z.string().nullable(),
          score: z.number(),
          x: z.number(),
          y: z.number(),
        }),
      )
      .readonly()
      .openapi({ description: "The nearest anchors and their places, the nearest first." }),
    method,
    side: modality,
    sequence,
    tookMs: z.number(),
  })
  .openapi("ProjectionPlace", {
    description: "Where a query would be: the mean of its five nearest anchors' places, the nearer the more.",
  });

export type ProjectionRequest = z.output<typeof projectionRequest>;
export type ProjectionRequestBody = z.input<typeof projectionRequest>;
export type ProjectionQuery = z.output<typeof projectionQuery>;
export type ProjectionQueryBody = z.input<typeof projectionQuery>;
export type ProjectionValuesQuery = z.output<typeof projectionValuesQuery>;
export type ProjectionValuesQueryBody = z.input<typeof projectionValuesQuery>;
export type ProjectionPlaceRequest = z.output<typeof projectionPlaceRequest>;
export type ProjectionPlaceRequestBody = z.input<typeof projectionPlaceRequest>;
export type ProjectionPlace = z.output<typeof projectionPlace>;
export type ProjectionPlaceBody = z.input<typeof projectionPlace>;
