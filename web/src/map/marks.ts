import { hiddenColours, type Colouring } from "./colours.ts";
import { MARKS } from "./plot.ts";

/** How each point is shown: hidden by the legend, chosen, or paler than those that are chosen. */
export const marksOf = (
  { codes, legend }: Pick<Colouring, "codes" | "legend">,
  hidden: readonly string[],
  rows: ReadonlyMap<string, number>,
  chosen: ReadonlySet<string>,
): Uint8Array<ArrayBuffer> => {
  const marks = new Uint8Array(codes.length).fill(chosen.size > 0 ? MARKS.dimmed : MARKS.shown);
  for (const id of chosen) {
    const row = rows.get(id);
    if (row !== undefined) marks[row] = MARKS.chosen;
  }
  const away = hiddenColours(legend, hidden);
  if (away.size > 0)
    codes.forEach((code, point) => {
      if (away.has(code)) marks[point] = MARKS.hidden;
    });
  return marks;
};
