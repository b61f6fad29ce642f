import type { ClassifyResult } from "../api/explain.ts";
import type { AnchorId, CollectionName } from "../types.ts";

/** Those of some anchors that have an image to show. */
export type WithImages = (ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;

type Explained = Pick<ClassifyResult, "explanation" | "others" | "against">;

/** The results with the path of each explaining anchor's image, where they go beyond a plain list. */
export const pictured = async (
  collection: CollectionName,
  results: readonly ClassifyResult[],
  withImages: WithImages,
): Promise<ClassifyResult[]> => {
  const named = results.flatMap((result) =>
    [result, ...result.classes].flatMap(({ explanation = [], others, against }) =>
      others === undefined ? [] : [...explanation, ...(against?.anchors ?? [])],
    ),
  );
  const known = await withImages([...new Set(named.map(({ anchor }) => anchor))]);
  const linked = <Part extends { readonly anchor: AnchorId }>(parts: readonly Part[]) =>
    parts.map((part) => ({ ...part, image: imagePath(collection, part.anchor, known) }));
  const withPaths = <Entry extends Explained>(entry: Entry): Entry => {
    const { explanation, others, against } = entry;
    if (others === undefined || explanation === undefined) return entry;
    const contrast = against ? { ...against, anchors: linked(against.anchors) } : against;
    return {
      ...entry,
      explanation: linked(explanation),
      ...(contrast === undefined ? {} : { against: contrast }),
    };
  };
  return results.map((result) => ({ ...withPaths(result), classes: result.classes.map(withPaths) }));
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
