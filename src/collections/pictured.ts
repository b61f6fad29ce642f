import type { ClassifyResult } from "../api/explain.ts";
import type { AnchorId, CollectionName } from "../types.ts";

/** Those of some anchors that have an image to show. */
export type WithImages = (ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;

/** The results with the path of each explaining anchor's image, where they go beyond a plain list. */
export const pictured = async (
  collection: CollectionName,
  results: readonly ClassifyResult[],
  withImages: WithImages,
): Promise<ClassifyResult[]> => {
  const detailed = results.filter(({ others }) => others !== undefined);
  const named = detailed.flatMap(({ explanation = [], against }) => [
    ...explanation,
    ...(against?.anchors ?? []),
  ]);
  const known = await withImages([...new Set(named.map(({ anchor }) => anchor))]);
  const linked = <Part extends { readonly anchor: AnchorId }>(parts: readonly Part[]) =>
    parts.map((part) => ({ ...part, image: imagePath(collection, part.anchor, known) }));
  return results.map((result): ClassifyResult => {
    const { explanation, others, against, ...rest } = result;
    if (others === undefined || explanation === undefined) return result;
    const contrast = against ? { ...against, anchors: linked(against.anchors) } : against;
    return {
      ...rest,
      explanation: linked(explanation),
      others,
      ...(contrast === undefined ? {} : { against: contrast }),
    };
  });
};

/**
 * The path that answers with an anchor's image; null where it has none, and for the ids `.` and `..`, which URLs take
 * for directions however they are encoded.
 */
export const imagePath = (
  collection: CollectionName,
  id: AnchorId,
  withImage: ReadonlySet<AnchorId>,
): string | null =>
  !withImage.has(id) || id === "." || id === ".."
    ? null
    : `/v1/collections/${collection}/anchors/${encodeURIComponent(id)}/image`;
