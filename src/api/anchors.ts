import { z } from "@hono/zod-openapi";
import {
  collectionName,
  anchorId,
  instant,
  metadata,
  minSequence,
  minSequenceParameter,
  optional,
  page,
  sequence,
  text,
  textUpTo,
  vector,
  vectorsParameter,
} from "./values.ts";
import { filter } from "./filter.ts";
import { image } from "./inputs.ts";
import { receiptState } from "./receipts.ts";

/** In one JSON body; a stream of lines may hold any number. */
export const MAX_ANCHORS = 10_000;

const EXAMPLE = {
  id: "a1",
  text: "a red fox",
  imageVector: [0.12, -0.5, 0.31],
  textVector: [0.4, 0.1],
  metadata: { owner: "ann" },
};

const MAX_SOURCE_LENGTH = 4_096;

/** A part of an anchor's source. */
export const sourceText = textUpTo(MAX_SOURCE_LENGTH);

export const anchorSource = z
  .strictObject({
    container: sourceText.openapi({ description: "A folder, a table or a shard.", example: "/data/birds" }),
    name: sourceText.openapi({ description: "The image's name in it.", example: "owls/1.jpg" }),
  })
  .openapi("AnchorSource", {
    description:
      "Where an anchor comes from. `…/anchors/exists` tells by it whether an anchor has changed or another one has " +
      "the same id. It is stored with the anchor, erased with it, and in no answer.",
  });

export const anchor = z
  .strictObject({
    id: anchorId,
    text: optional(text.openapi({ description: "The caption.", example: "a red fox" })),
    image: optional(image),
    imageVector: optional(vector),
    textVector: optional(vector),
    metadata: optional(metadata),
    source: optional(anchorSource),
  })
  .openapi("Anchor", {
    description:
      "An image-text pair. A vector that is given is used as it is; one that is missing is computed from `image` or `text`.",
    example: EXAMPLE,
  });

const writeConditions = {
  minSequence: optional(minSequence),
  ifSequence: optional(
    sequence.openapi({
      description:
        "Writes only if the collection is at this sequence, so that nothing was written since; 409 otherwise.",
    }),
  ),
};

export const putAnchors = z
  .strictObject({ anchors: z.array(anchor).min(1).max(MAX_ANCHORS).readonly(), ...writeConditions })
  .openapi("PutAnchors", { example: { anchors: [EXAMPLE] } });

const unknownCaptions = z.int().openapi({
  description: "How many captions have no word that the text encoder knows; absent if there are none.",
});

export const written = z
  .strictObject({ sequence, upserted: z.int(), unknownCaptions: optional(unknownCaptions) })
  .openapi("Written");

export const writtenLines = z
  .strictObject({
    sequence,
    upserted: z.int(),
    unknownCaptions: optional(unknownCaptions),
    lines: z
      .tuple([z.int(), z.int()])
      .readonly()
      .openapi({
        type: "array",
        items: { type: "integer" },
        minItems: 2,
        maxItems: 2,
        description: "The first and the last line of the batch, from 1.",
      }),
  })
  .openapi("WrittenLines", { example: { sequence: 17, upserted: 256, lines: [1, 256] } });

export const storedAnchor = z
  .strictObject({
    id: anchorId,
    text: z.string().nullable(),
    metadata,
    hasImage: z.boolean().openapi({ description: "Whether `…/image` has something to show." }),
    sequence: sequence.openapi({ description: "Of the write that last changed it." }),
    imageVector: optional(vector),
    textVector: optional(vector),
  })
  .openapi("StoredAnchor");

export const anchorPage = z
  .strictObject({ anchors: z.array(storedAnchor).readonly(), nextCursor: z.string().nullable() })
  .openapi("AnchorPage");

export const anchorPath = z.strictObject({
  collection: collectionName.openapi({ param: { name: "collection", in: "path" } }),
  id: anchorId.openapi({
    param: { name: "id", in: "path", description: "Percent-encoded: a slash in an id is %2F." },
  }),
});

const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .openapi({ type: "boolean" });

export const imageQuery = z.strictObject({
  size: optional(z.enum(["thumbnail", "original"])).openapi({
    description: "`thumbnail` where absent. Where no original is kept, the thumbnail is answered for it.",
  }),
});

export const anchorQuery = z.strictObject({
  vectors: optional(vectorsParameter),
  minSequence: optional(minSequenceParameter),
});

export const listQuery = z.strictObject({
  ...page,
  filter: optional(
    z
      .string()
      .transform((encoded, context): unknown => {
        try {
          return JSON.parse(encoded);
        } catch {
          context.addIssue({
            code: "custom",
            message: "must be a filter as JSON, percent-encoded",
            input: encoded,
          });
          return z.NEVER;
        }
      })
      .pipe(filter)
      .openapi({
        type: "string",
        description: "A filter as JSON, percent-encoded.",
        example: '{"owner":"ann"}',
      }),
  ),
  vectors: optional(vectorsParameter),
  minSequence: optional(minSequenceParameter),
});

export const anchorChange = z
  .strictObject({
    text: optional(
      text.openapi({
        description:
          "The new caption. It is encoded; with an external text encoder the vector stays as it is.",
      }),
    ),
    metadata: optional(metadata),
    ifSequence: optional(
      sequence.openapi({
        description: "The anchor's `sequence` as it was read: 409 where the anchor has been written since.",
      }),
    ),
  })
  .refine(({ text: caption, metadata: fields }) => caption !== undefined || fields !== undefined, {
    error: "must hold text, metadata, or both",
  })
  .openapi("AnchorChange", {
    description: "What is not given stays; `metadata` takes the place of all that was there.",
    example: { text: "a red fox in snow", metadata: { owner: "ann" }, ifSequence: 17 },
  });

const NEVER_AGAIN =
  "Keeps a keyed hash of the image's file, of the picture and of the caption, and refuses a later anchor that is the same " +
  "image, nearly the same picture, or a similar picture with the same caption; the fault names the receipt.";

const neverAgain = z.boolean().openapi({ default: false, description: NEVER_AGAIN });

export const deleteQuery = z.strictObject({
  neverAgain: optional(flag.openapi({ default: false, description: NEVER_AGAIN })),
});

export const deleteAnchorsRequest = z
  .union(
    [
      z.strictObject({
        ids: z.array(anchorId).min(1).max(MAX_ANCHORS).readonly(),
        neverAgain: optional(neverAgain),
        ...writeConditions,
      }),
      z.strictObject({ filter, neverAgain: optional(neverAgain), ...writeConditions }),
    ],
    { error: `must hold either "ids" or "filter", and nothing else` },
  )
  .openapi("DeleteAnchors", { example: { filter: { owner: "ann" } } });

export const deleted = z
  .strictObject({
    sequence,
    deleted: z.int(),
    receipt: z.strictObject({
      id: z
        .string()
        .nullable()
        .openapi({ description: "To ask for it again; null where nothing was there to delete." }),
      state: receiptState,
      sequence,
      deletedAt: instant,
      count: z.int(),
      hash: z
        .string()
        .nullable()
        .openapi({ description: "Keep it: it proves that the receipt has not been changed since." }),
    }),
  })
  .openapi("Deleted");

/** An anchor as it is written. */
export type Anchor = z.output<typeof anchor>;
export type AnchorBody = z.input<typeof anchor>;
export type Written = z.output<typeof written>;
export type WrittenBody = z.input<typeof written>;
export type WrittenLines = z.output<typeof writtenLines>;
export type WrittenLinesBody = z.input<typeof writtenLines>;
export type StoredAnchor = z.output<typeof storedAnchor>;
/** A stored anchor with its vectors, if any, as numbers. */
export type StoredAnchorBody = Omit<z.input<typeof storedAnchor>, "imageVector" | "textVector"> & {
  readonly imageVector?: readonly number[];
  readonly textVector?: readonly number[];
};
export type AnchorPage = z.output<typeof anchorPage>;
/** A page of anchors with their vectors, if any, as numbers. */
export type AnchorPageBody = Omit<z.input<typeof anchorPage>, "anchors"> & {
  readonly anchors: readonly StoredAnchorBody[];
};
export type AnchorQuery = z.output<typeof anchorQuery>;
export type ListQuery = z.output<typeof listQuery>;
export type AnchorChange = z.output<typeof anchorChange>;
export type AnchorChangeBody = z.input<typeof anchorChange>;
export type DeleteAnchors = z.output<typeof deleteAnchorsRequest>;
export type DeleteAnchorsBody = z.input<typeof deleteAnchorsRequest>;
export type Deleted = z.output<typeof deleted>;
export type DeletedBody = z.input<typeof deleted>;
export type AnchorSource = z.output<typeof anchorSource>;
