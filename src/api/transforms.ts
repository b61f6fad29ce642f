import { z } from "@hono/zod-openapi";
import { optional } from "./values.ts";

const MAX_RANK = 8_192;

/** Its bounds are checked with those of the rank, which depend on the collection: all of them answer 422. */
const power = z.number().openapi({
  type: "number",
  minimum: 0,
  maximum: 1,
  description:
    "How much of a direction's deviation is divided out: 1 all of it, 0 none, which leaves `center` in `rank` directions.",
  example: 0.9,
});

const rank = z
  .union([z.literal("auto"), z.int().min(1).max(MAX_RANK)], {
    error: `must be "auto" or a whole number from 1 to ${MAX_RANK}`,
  })
  .openapi({
    description:
      "How many principal directions are kept, at most the dimension and one less than the anchors. `auto` goes by the number of anchors.",
    example: "auto",
  });

const whitenSide = z.strictObject({ kind: z.literal("whiten"), power, rank: optional(rank) });

export const sideTransform = z
  .union([z.strictObject({ kind: z.enum(["none", "center"]) }), whitenSide], {
    error: `must be {"kind": "none"}, {"kind": "center"} or {"kind": "whiten", "power": …}`,
  })
  .openapi("SideTransform", {
    description:
      "What is done to the vectors of one side: nothing; their mean is subtracted; or each principal direction is also divided by its deviation to a power. A `rank` here takes the place of the common one.",
    example: { kind: "whiten", power: 0.9 },
  });

/** What is done to the vectors of one side of a collection. */
export type SideTransform = z.output<typeof sideTransform>;

/** Names of fixed transforms, whatever the number of anchors. */
export const transformName = z.enum(["none", "center", "whiten"]);
export type TransformName = z.output<typeof transformName>;

/** Transforms that have a name. A query can ask for these alone, so that it cannot fill memory with fits of its own. */
export const namedTransform = z.enum([...transformName.options, "auto"]).openapi({
  description:
    "What is done to vectors before similarities are taken, fitted on the collection's anchors: `none`; `center` subtracts " +
    "their mean; `whiten` also decorrelates image vectors on at most 256 directions (texts are centred); `auto` whitens " +
    "images to the power 0.9 and texts to 0.6 (0.7 and 0.5 below 256 anchors), on as many directions as the number of anchors suggests, and centres " +
    "where there are fewer than 20 anchors.",
});

export type NamedTransform = z.output<typeof namedTransform>;

export const transform = z
  .union(
    [
      namedTransform,
      z.strictObject({ image: sideTransform, text: sideTransform, rank: optional(rank) }).openapi({
        description: "What is done to each side. `rank` is for those that are whitened, `auto` where absent.",
      }),
    ],
    { error: `must be one of ${namedTransform.options.join(", ")}, or {"image": …, "text": …, "rank": …}` },
  )
  .openapi("Transform", { example: "auto" });

/** What a collection's vectors are compared through: a name, or what is done to each side. */
export type Transform = z.output<typeof transform>;

/** What one fit did: a name, or the power and how many directions it kept. */
export const fittedTransform = z
  .union([transformName, z.strictObject({ kind: z.literal("whiten"), power, rank: z.int() })])
  .openapi("FittedTransform", {
    description:
      "What is done to vectors of this modality: a name, or the power and the number of directions.",
  });
export type FittedTransform = z.output<typeof fittedTransform>;

/** The same text for the same transform, for keys and messages. */
export const transformText = (value: Transform): string => {
  if (typeof value === "string") return value;
  const { image, text, rank: common = "auto" } = value;
  return `image ${sideText(image, common)}, text ${sideText(text, common)}`;
};

const sideText = (side: SideTransform, common: "auto" | number): string =>
  side.kind === "whiten" ? `whiten ${side.power} rank ${side.rank ?? common}` : side.kind;

/** One side's transform as fits are stored and found by it: a name, or the power and the wanted rank. */
export type TransformKind = TransformName | `whiten:${number}:${number | "auto"}`;
