import { findUsual } from "./columns.ts";

/** Usual names of columns and arrays of vectors, compared without case, spaces, `_` and `-`. */
const kinds = (kind: string): readonly string[] =>
  ["vector", "embedding", "embed", "emb", "feature"].flatMap((what) => [
    `${kind}_${what}`,
    `${kind}_${what}s`,
  ]);
const USUAL = {
  image: [...kinds("image"), ...kinds("img"), "images", "image"],
  text: [...kinds("text"), ...kinds("txt"), ...kinds("caption"), "texts", "text"],
} as const;

/** The names of both vectors of an anchor. */
export interface VectorNames {
  readonly image: string;
  readonly text: string;
}

/**
 * The vectors among columns or arrays, by their usual names; null where one of them is not there.
 *
 * @example
 * ```ts
 * usualVectors(["id", "image_embedding", "text_embedding"]); // { image: "image_embedding", text: "text_embedding" }
 * ```
 */
export const usualVectors = (present: readonly string[]): VectorNames | null => {
  const [image, text] = [findUsual(USUAL.image, present), findUsual(USUAL.text, present)];
  return image === undefined || text === undefined ? null : { image, text };
};
