import { z } from "@hono/zod-openapi";
import { anchorSource, MAX_ANCHORS, sourceText } from "./anchors.ts";
import { anchorId, metadata, optional, text } from "./values.ts";

export const anchorContent = z
  .strictObject({
    id: anchorId,
    source: optional(anchorSource),
    imageSha256: optional(
      z
        .string()
        .regex(/^[0-9a-f]{64}$/, "must be 64 of 0-9 and a-f")
        .openapi({ description: "Of the image's file, in hexadecimal." }),
    ),
    text: optional(text.openapi({ description: "The caption.", example: "a red fox" })),
    metadata: optional(metadata),
  })
  .openapi("AnchorContent", {
    description: "An anchor to compare with the one that is stored; what is absent is not compared.",
  });

export const anchorIds = z
  .union(
    [
      z.strictObject({ ids: z.array(anchorId).max(MAX_ANCHORS).readonly() }),
      z.strictObject({ anchors: z.array(anchorContent).max(MAX_ANCHORS).readonly() }),
    ],
    { error: `must hold either "ids" or "anchors", and nothing else` },
  )
  .openapi("AnchorIds", { example: { ids: ["a1", "a2"] } });

export const contentState = z
  .strictObject({
    id: anchorId,
    state: z.enum(["absent", "same", "changed", "clash"]).openapi({
      description:
        "`changed`: the stored anchor differs and has the same source, or none. `clash`: it differs and has another source.",
    }),
    differs: z.array(z.enum(["image", "text", "metadata"])).readonly(),
  })
  .openapi("ContentState");

export const existingAnchors = z
  .strictObject({
    existing: z.array(anchorId).readonly().openapi({ description: "Each once, in the order given." }),
    states: optional(
      z
        .array(contentState)
        .readonly()
        .openapi({ description: "Of each of `anchors`, in the order given; absent where `ids` were given." }),
    ),
  })
  .openapi("ExistingAnchors", { example: { existing: ["a1"] } });

export const anchorsOfSource = z
  .strictObject({
    container: sourceText.openapi({ example: "/data/birds" }),
    limit: optional(z.int().min(1).max(MAX_ANCHORS)),
    after: optional(anchorId.openapi({ description: "The last id of the page before." })),
  })
  .openapi("AnchorsOfSource");

export const sourceIds = z
  .strictObject({ ids: z.array(anchorId).readonly().openapi({ description: "In id order." }) })
  .openapi("SourceIds", { example: { ids: ["a1"] } });

export type ExistingAnchorsBody = z.input<typeof existingAnchors>;
export type AnchorContent = z.output<typeof anchorContent>;
export type AnchorContentBody = z.input<typeof anchorContent>;
export type ContentState = z.output<typeof contentState>;
export type ContentStateBody = z.input<typeof contentState>;
export type AnchorsOfSource = z.output<typeof anchorsOfSource>;
export type AnchorsOfSourceBody = z.input<typeof anchorsOfSource>;
export type SourceIdsBody = z.input<typeof sourceIds>;
