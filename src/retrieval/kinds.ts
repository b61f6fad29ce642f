import type { FittedTransform, SideTransform, Transform, TransformKind } from "../api/transforms.ts";
import type { Modality } from "../types.ts";
import { bandOf } from "./bands.ts";

/** Principal directions that the transform named `whiten` keeps at most. */
export const WHITEN_RANK = 256;
/** Bounds of the rank `auto`, and the number of anchors up to which it grows with their half. */
const RANKS = { least: 64, small: 256, most: 512, manyAnchors: 2_048 } as const;
/** Below it `auto` only centres: a covariance of so few vectors says nothing of others. */
export const FEWEST_TO_WHITEN = 20;
const MODALITIES = ["image", "text"] as const;
const AUTO = { image: "whiten:0.9:auto", text: "whiten:0.6:auto" } as const;

/** What a whitening divides by, and how many directions are wanted. */
export interface Whitening {
  /** In [0, 1]; 1 divides each direction by its standard deviation, 0 by nothing. */
  readonly power: number;
  readonly rank: number | "auto";
}

/**
 * What a transform does to one modality, as fits are kept by it.
 *
 * @param anchors the live ones, by which `auto` decides
 * @example
 * ```ts
 * kindFor("text", "whiten", 1_000); // "center"
 * kindFor("image", "auto", 1_000); // "whiten:0.9:auto"
 * ```
 */
export const kindFor = (modality: Modality, transform: Transform, anchors: number): TransformKind => {
  if (typeof transform !== "string") return kindOfSide(transform[modality], transform.rank);
  if (transform === "auto") return anchors < FEWEST_TO_WHITEN ? "center" : AUTO[modality];
  // Texts are centred at most: whitening them to the power 1, as images are, costs accuracy.
  return modality === "text" && transform === "whiten" ? "center" : transform;
};

const kindOfSide = (side: SideTransform, common: Whitening["rank"] = "auto"): TransformKind => {
  if (side.kind !== "whiten") return side.kind;
  return `whiten:${side.power}:${side.rank ?? common}`;
};

/** Every kind that a transform can stand for, whatever the number of anchors, and those of the named transforms. */
export const kindsFor = (transform: Transform): TransformKind[] => [
  ...(["none", "center", "whiten"] as const),
  ...MODALITIES.flatMap((modality) => [AUTO[modality], kindFor(modality, transform, FEWEST_TO_WHITEN)]),
];

const WHITENING = /^whiten:([^:]+):(auto|\d+)$/;

/** The power and rank of a kind; null where it does not whiten. The one named `whiten` also softens its deviations. */
export const whiteningOf = (kind: TransformKind): Whitening | null => {
  if (kind === "whiten") return { power: 1, rank: WHITEN_RANK };
  const [, power, rank] = WHITENING.exec(kind) ?? [];
  if (power === undefined) return null;
  return { power: Number(power), rank: rank === "auto" ? "auto" : Number(rank) };
};

/** Whether a fit of this name is of one modality, and not of both together. */
export const isTransformKind = (kind: string): kind is TransformKind =>
  kind === "none" || kind === "center" || kind === "whiten" || WHITENING.test(kind);

/** A kind as answers tell it, with the number of directions that were kept. */
export const fittedTransformOf = (kind: TransformKind, rank: number): FittedTransform => {
  if (kind === "none" || kind === "center" || kind === "whiten") return kind;
  return { kind: "whiten", power: whiteningOf(kind)?.power ?? 1, rank };
};

/**
 * How many directions the rank `auto` wants, by the band of the number of anchors: half of them up to 256, an eighth of
 * more than 2,048 up to 512, and never fewer than 64.
 */
export const autoRank = (anchors: number, dimension: number): number => {
  const { from } = bandOf(anchors);
  const { least, small, most, manyAnchors } = RANKS;
  const wanted = from > manyAnchors ? from / 8 : Math.min(small, from / 2);
  return Math.min(dimension, most, Math.max(least, wanted));
};

/** How many directions are fitted: what is wanted, within what so many rows of that dimension have. */
export const rankFor = ({ rank }: Whitening, anchors: number, dimension: number): number =>
  Math.min(rank === "auto" ? autoRank(anchors, dimension) : rank, dimension, anchors - 1);
