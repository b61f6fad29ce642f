import type { Random } from "../../../src/math/random.ts";

const CANVAS = 120;
/** Of the nine cells that copies stand in. */
const CELL = 40;
/** How far copies are moved within their cells, and how much smaller than these they are. */
const ROOM = 8;

/**
 * Draws an SVG file so many times on one canvas, each in a cell of a three by three grid, moved a bit.
 *
 * @param drawing a standalone SVG file whose first element has a width and a height
 */
export const copiesOf = (drawing: Uint8Array, count: number, random: Random): Uint8Array => {
  const text = new TextDecoder().decode(drawing);
  const cells = random.sample([0, 1, 2, 3, 4, 5, 6, 7, 8], count);
  const side = CELL - ROOM;
  const copies = cells.map((cell) => {
    const x = (cell % 3) * CELL + Math.round(random.next() * ROOM);
    const y = Math.floor(cell / 3) * CELL + Math.round(random.next() * ROOM);
    return text.replace(
      /width="[\d.]+" height="[\d.]+"/,
      `x="${x}" y="${y}" width="${side}" height="${side}"`,
    );
  });
  return new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${CANVAS}" height="${CANVAS}" viewBox="0 0 ${CANVAS} ${CANVAS}">${copies.join("")}</svg>`,
  );
};
