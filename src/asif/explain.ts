import type { AnchorView } from "../retrieval/index.ts";
import type { Contribution, RelativeRepresentations } from "./types.ts";

/**
 * The anchors that a score is made of, strongest first (by absolute value, ties by id), at most `limit`. Over all
 * anchors that both rows share, the contributions add up to the score.
 */
export const explain = (
  view: AnchorView,
  images: RelativeRepresentations,
  image: number,
  texts: RelativeRepresentations,
  text: number,
  limit: number,
): Contribution[] => {
  const positions = new Map<number, number>();
  for (let i = texts.offsets[text] ?? 0; i < (texts.offsets[text + 1] ?? 0); i++)
    positions.set(texts.slots[i] ?? 0, i);
  const shared: { slot: number; contribution: number; i: number; j: number }[] = [];
  for (let i = images.offsets[image] ?? 0; i < (images.offsets[image + 1] ?? 0); i++) {
    const slot = images.slots[i] ?? 0;
    const j = positions.get(slot);
    if (j === undefined) continue;
    shared.push({ slot, contribution: (images.values[i] ?? 0) * (texts.values[j] ?? 0), i, j });
  }
  return shared
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution) || view.compare(a.slot, b.slot))
    .slice(0, limit)
    .map(({ slot, contribution, i, j }) => {
      const { id, caption } = view.entry(slot);
      return {
        anchor: id,
        text: caption,
        contribution,
        imageSimilarity: images.similarities[i] ?? 0,
        textSimilarity: texts.similarities[j] ?? 0,
      };
    });
};
