import { createTurns } from "../../math/slices.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { ErasureReport, NearCopy } from "./api.ts";

/** Stayed pictures that are compared with each deleted one, the nearest. */
const COMPARED = 20;
const LISTED = 100;
const AT_ONCE = 128;

/**
 * Finds anchors that stay and whose picture is nearly that of one that goes, by exact search over stored vectors: copies
 * that someone else has, which an erasure does not reach.
 *
 * @param gone slots that go
 * @param least the cosine from which a picture is a near copy
 */
export const findNearCopies = async (
  view: AnchorView,
  gone: readonly Slot[],
  least: number,
  signal: AbortSignal,
): Promise<ErasureReport["nearCopies"]> => {
  const turn = createTurns(signal);
  const allow = view.bitmap(() => true);
  for (const slot of gone) allow[slot] = 0;
  const look = await view.look("image", "none");
  const nearest = new Map<Slot, number>();
  for (let first = 0; first < gone.length; first += AT_ONCE) {
    const vectors = view.vectors("image", gone.slice(first, first + AT_ONCE));
    const { counts, width, slots, scores } = await look.search(await look.show(vectors), {
      k: COMPARED,
      allow,
    });
    for (const [row, count] of counts.entries())
      for (let at = row * width; at < row * width + count; at++) {
        const [slot, similarity] = [slots[at] ?? 0, scores[at] ?? 0];
        if (similarity >= least) nearest.set(slot, Math.max(similarity, nearest.get(slot) ?? 0));
      }
    await turn();
  }
  const listed = [...nearest]
    .sort((a, b) => b[1] - a[1] || view.compare(a[0], b[0]))
    .slice(0, LISTED)
    .map(([slot, similarity]): NearCopy => {
      const { id, caption } = view.entry(slot);
      return { anchor: id, text: caption, similarity };
    });
  return { imageSimilarity: least, count: nearest.size, listed };
};
