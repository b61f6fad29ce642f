/** `[x, y, width, height]` as shares of the image's width and height, from its top left corner. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** A box that covers this share of both sides is not at any place. */
const WHOLE = 0.8;

/**
 * Where a box lies, by the third of the image's width and of its height that its centre is in: "at the top left", "at
 * the top", "on the left", "in the centre" and so on; "across the whole image" where it covers four fifths of both.
 * A centre on the border of two thirds is in the middle one.
 */
export const positionWords = ([x, y, width, height]: Box): string => {
  if (width >= WHOLE && height >= WHOLE) return "across the whole image";
  const row = thirdOf(y + height / 2, "top", "bottom");
  const column = thirdOf(x + width / 2, "left", "right");
  if (row === "" && column === "") return "in the centre";
  return row === "" ? `on the ${column}` : `at the ${row}${column === "" ? "" : ` ${column}`}`;
};

/** Compared as whole numbers, for thirds are none of the numbers that there are. */
const thirdOf = (centre: number, first: string, last: string): string => {
  if (3 * centre < 1) return first;
  return 3 * centre > 2 ? last : "";
};
