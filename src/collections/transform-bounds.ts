import type { Transform } from "../api/transforms.ts";
import { faultyFields, type FieldFault, type FieldPath } from "../errors.ts";
import type { Modality } from "../types.ts";

const MODALITIES = ["image", "text"] as const;

/**
 * Refuses a transform whose powers or ranks no fit could have.
 *
 * @param vectors of each side
 * @param anchors live ones; a collection that has none yet can be given any rank up to the dimension
 * @throws AnchorageError `unprocessable` whose faults name the bounds
 */
export const requireTransform = (
  transform: Transform | undefined,
  vectors: Readonly<Record<Modality, { readonly dimension: number }>>,
  anchors: number,
): void => {
  if (transform === undefined || typeof transform === "string") return;
  const faults = MODALITIES.flatMap((modality): FieldFault[] => {
    const side = transform[modality];
    if (side.kind !== "whiten") return [];
    const path = ["transform", modality];
    const rankPath = side.rank === undefined ? ["transform", "rank"] : [...path, "rank"];
    const rank = side.rank ?? transform.rank ?? "auto";
    const outside = side.power < 0 || side.power > 1;
    return [
      ...(outside ? [{ path: [...path, "power"], message: `must be from 0 to 1; it is ${side.power}` }] : []),
      ...rankFaults(rankPath, rank, modality, vectors[modality].dimension, anchors),
    ];
  });
  if (faults.length > 0) throw faultyFields(faults, { code: "unprocessable" });
};

const rankFaults = (
  path: FieldPath,
  rank: number | "auto",
  modality: Modality,
  dimension: number,
  anchors: number,
): FieldFault[] => {
  if (rank === "auto") return [];
  if (rank > dimension)
    return [{ path, message: `must be at most ${dimension}, the dimension of ${modality} vectors` }];
  if (anchors > 0 && rank > anchors)
    return [{ path, message: `must be at most ${anchors}, the number of anchors` }];
  return [];
};
