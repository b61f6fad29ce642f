import type { Classification } from "../asif/index.ts";
import type { AnchorId } from "../types.ts";
import type { ClassifyResult } from "./types.ts";

/** Those of some anchors that have an image to show. */
export type WithImages = (ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;

/** Says of each anchor in the explanations whether there is an image of it, where they go beyond a plain list. */
export const pictured = async (
  results: readonly Classification[],
  withImages: WithImages,
): Promise<ClassifyResult[]> => {
  const detailed = results.filter(({ others }) => others !== undefined);
  const named = detailed.flatMap(({ explanation = [], against }) => [
    ...explanation,
    ...(against?.anchors ?? []),
  ]);
  const known = await withImages([...new Set(named.map(({ anchor }) => anchor))]);
  const marked = <T extends { readonly anchor: AnchorId }>(anchors: readonly T[]) =>
    anchors.map((part) => ({ ...part, hasImage: known.has(part.anchor) }));
  return results.map((result): ClassifyResult => {
    const { explanation, others, against, ...rest } = result;
    if (others === undefined || explanation === undefined) return result;
    const contrast = against ? { ...against, anchors: marked(against.anchors) } : against;
    return {
      ...rest,
      explanation: marked(explanation),
      others,
      ...(contrast === undefined ? {} : { against: contrast }),
    };
  });
};
