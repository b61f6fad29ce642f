import type { AnchorView } from "../retrieval/index.ts";
import { relativeRepresentations } from "./relative.ts";
import { scoreAll } from "./score.ts";
import type { AsifSettings } from "./types.ts";

/**
 * The cosine of relative representations of every image with every text.
 *
 * @param images `[i, d]` row-major
 * @param texts `[t, d']` row-major
 * @returns `[i, t]` row-major, in [-1, 1]
 */
export const similarity = async (
  view: AnchorView,
  images: Float32Array,
  texts: Float32Array,
  settings: AsifSettings,
): Promise<Float64Array> => {
  const [imageRows, textRows] = await Promise.all([
    relativeRepresentations(view, "image", images, settings),
    relativeRepresentations(view, "text", texts, settings),
  ]);
  return scoreAll(imageRows.representations, textRows.representations, view.slotCount);
};
