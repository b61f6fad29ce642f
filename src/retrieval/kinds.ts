import type { FittedTransform, SideTransform, Transform, TransformKind } from "../api/transforms.ts";
import type { Modality } from "../types.ts";
import { bandOf } from "./bands.ts";

/** Maximum number of principal directions of the transform `whiten`. */
export const WHITEN_RANK = 256;
/** Bounds of the rank `auto`, and the number of anchors up to which it is half of that number. */
const RANKS = { least: 64, small: 256, most: 512, manyAnchors: 2_048 } as const;
/** Below this number `auto` only centres, because a covariance of so few vectors does not generalise. */
export const FEWEST_TO_WHITEN = 20;
const MODALITIES = ["image", "text"] as const;
const AUTO = { image: "whiten:0.9:auto", text: "whiten:0.6:auto" } as const;

/** The divisor of a whitening, and the number of directions. */
export interface Whitening {
  /** In [0, 1]; 1 divides each direction by its standard deviation, 0 leaves it unchanged. */
  readonly power: number;
  readonly rank: number | "auto";
}

/**
 * The kind of fit that a transform uses for one modality; fits are stored by kind.
 *
 * @param anchors number of live anchors, on which `auto` depends
 * @example
 * ```ts
 * kindFor("text", "whiten", 1_000); // "center"
 * kindFor("image", "auto", 1_000); // "whiten:0.9:auto"
 * ```
 */
export const kindFor = (modality: Modality, transform: Transform, anchors: number): TransformKind => {
  if (typeof transform !== "string") return kindOfSide(transform[modality], transform.rank);
  if (transform === "auto") return anchors < FEWEST_TO_WHITEN ? "center" : AUTO[modality];
  // Texts are at most centred: whitening them to the power 1, as images are, reduces accuracy.
  return modality === "text" && transform === "whiten" ? "center" : transform;
};

const kindOfSide = (side: SideTransform, common: Whitening["rank"] = "auto"): TransformKind => {
  if (side.kind !== "whiten") return side.kind;
  return `whiten:${side.power}:${side.rank ?? common}`;
};

/** Every kind that a transform can resolve to for any number of anchors, and the kinds of the named transforms. */
export const kindsFor = (transform: Transform): TransformKind[] => [
  ...(["none", "center", "whiten"] as const),
  ...MODALITIES.flatMap((modality) => [AUTO[modality], kindFor(modality, transform, FEWEST_TO_WHITEN)]),
];

const WHITENING = /^whiten:([^:]+):(auto|\d+)$/;

/** The power and rank of a kind; null if it does not whiten. The kind `whiten` also softens its deviations. */
export const whiteningOf = (kind: TransformKind): Whitening | null => {
  if (kind === "whiten") return { power: 1, rank: WHITEN_RANK };
  const [, power, rank] = WHITENING.exec(kind) ?? [];
  if (power === undefined) return null;
  return { power: Number(power), rank: rank === "auto" ? "auto" : Number(rank) };
};

/** Whether a fit of this name is for one modality rather than for both together. */
export const isTransformKind = (kind: string): kind is TransformKind =>
  kind === "none" || kind === "center" || kind === "whiten" || WHITENING.test(kind);

/** The public description of a kind, with the number of directions that were kept. */
export const fittedTransformOf = (kind: TransformKind, rank: number): FittedTransform => {
  if (kind === "none" || kind === "center" || kind === "whiten") return kind;
  return { kind: "whiten", power: whiteningOf(kind)?.power ?? 1, rank };
};

/**
 * The number of directions for the rank `auto`, by the band of the number of anchors: half of the anchors up to 256,
 * an eighth of more than 2,048 anchors up to 512, and at least 64.
 */
export const autoRank = (anchors: number, dimension: number): number => {
  const { from } = bandOf(anchors);
  const { least, small, most, manyAnchors } = RANKS;
  const wanted = from > manyAnchors ? from / 8 : Math.min(small, from / 2);
  return Math.min(dimension, most, Math.max(least, wanted));
};

/** The number of directions to fit: the requested number, limited by the rows and the dimension. */
export const rankFor = ({ rank }: Whitening, anchors: number, dimension: number): number =>
  Math.min(rank === "auto" ? autoRank(anchors, dimension) : rank, dimension, anchors - 1);
