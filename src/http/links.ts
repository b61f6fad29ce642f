import type { ClassifyResult, Pictured } from "../collections/index.ts";
import type { CollectionName } from "../types.ts";

/** A classification as it is sent: what is known of an anchor's image becomes its path. */
export const withLinks = (
  collection: CollectionName,
  { explanation, against, ...rest }: ClassifyResult,
): unknown => ({
  ...rest,
  ...(explanation === undefined ? {} : { explanation: linked(collection, explanation) }),
  ...(against === undefined
    ? {}
    : { against: against && { ...against, anchors: linked(collection, against.anchors) } }),
});

/** The same of a list of anchors. */
export const linked = (
  collection: CollectionName,
  anchors: readonly (Pictured & { readonly anchor: string })[],
): unknown[] =>
  anchors.map(({ hasImage, ...part }) =>
    hasImage === undefined ? part : { ...part, image: hasImage ? imagePath(collection, part.anchor) : null },
  );

/** null for `.` and `..`, which URLs take for directions however they are encoded. */
const imagePath = (collection: CollectionName, id: string): string | null =>
  id === "." || id === ".." ? null : `/v1/collections/${collection}/anchors/${encodeURIComponent(id)}/image`;
