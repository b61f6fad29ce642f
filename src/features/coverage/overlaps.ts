import { scoreRows, type RelativeRepresentations } from "../../asif/index.ts";

/** A class, and the overlap of another class with it. */
export interface OverlappingClass {
  readonly index: number;
  readonly overlap: number;
}

/**
 * The classes that each class overlaps with most. The overlap is the cosine of their representations: 1 if they use
 * the same anchors with the same weights, 0 if they share none.
 *
 * @returns for each row the `count` most overlapping others, in descending order, ties by index
 */
export const nearestRows = async (
  rows: RelativeRepresentations,
  slotCount: number,
  count: number,
): Promise<OverlappingClass[][]> => {
  const nearest: OverlappingClass[][] = [];
  await scoreRows(rows, rows, slotCount, (row, scores) => {
    const best: OverlappingClass[] = [];
    for (let index = 0; index < scores.length; index++) {
      const overlap = scores[index] ?? 0;
      if (index === row || (best.length === count && overlap <= (best.at(-1)?.overlap ?? 0))) continue;
      let at = best.length;
      while (at > 0 && (best[at - 1]?.overlap ?? 0) < overlap) at--;
      best.splice(at, 0, { index, overlap });
      if (best.length > count) best.pop();
    }
    nearest.push(best);
  });
  return nearest;
};
