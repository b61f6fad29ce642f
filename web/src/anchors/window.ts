/** Rows above and below the screen that are in the document, so that a quick scroll shows pictures. */
const AROUND = 4;

export interface Viewport {
  /** How far the first row is above the screen's upper edge, in pixels; negative where it is below. */
  readonly top: number;
  readonly height: number;
}

/**
 * The rows of a list that are on the screen or near it.
 *
 * @returns the first row, and the one after the last
 */
export const windowOf = (
  { top, height }: Viewport,
  rowHeight: number,
  rows: number,
): { readonly first: number; readonly last: number } => {
  const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
  const last = Math.min(rows, Math.ceil((top + height) / rowHeight) + AROUND);
  return { first: Math.min(first, Math.max(0, rows - 1)), last: Math.max(last, Math.min(rows, AROUND)) };
};
