import KDBush from "kdbush";
import type { Point } from "./camera.ts";

/** Finds points of the map by their places. */
export interface Picker {
  /** The point nearest to a place within a radius, among those that are shown; -1 where there is none. */
  readonly nearest: (at: Point, radius: number) => number;
  /** The points in a rectangle that are shown, ascending. */
  readonly inBox: (a: Point, b: Point) => number[];
  /** The points within a closed line that are shown, ascending; by the even-odd rule. */
  readonly inLasso: (line: readonly Point[]) => number[];
}

/**
 * Makes a picker over places, `[n, 2]`; points whose place is not known are never found.
 *
 * @param isShown asked at each pick, so that the index outlives a change of what is shown
 */
export const createPicker = (places: Float32Array, isShown: (point: number) => boolean): Picker => {
  const count = places.length / 2;
  const tree = new KDBush(count, 64, Float32Array);
  // What is not known is far away from everything.
  for (let point = 0; point < count; point++) {
    const [x = NaN, y = NaN] = [places[2 * point], places[2 * point + 1]];
    tree.add(Number.isNaN(x) ? Infinity : x, Number.isNaN(y) ? Infinity : y);
  }
  tree.finish();
  const xOf = (point: number): number => places[2 * point] ?? NaN;
  const yOf = (point: number): number => places[2 * point + 1] ?? NaN;

  const inBox: Picker["inBox"] = ([ax, ay], [bx, by]) =>
    tree
      .range(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by))
      .filter(isShown)
      .sort((a, b) => a - b);

  return {
    inBox,
    nearest: ([x, y], radius) => {
      let [best, least] = [-1, Infinity];
      for (const point of tree.within(x, y, radius)) {
        const distance = (xOf(point) - x) ** 2 + (yOf(point) - y) ** 2;
        if (distance < least && isShown(point)) [best, least] = [point, distance];
      }
      return best;
    },
    inLasso: (line) => {
      if (line.length < 3) return [];
      const xs = line.map(([x]) => x);
      const ys = line.map(([, y]) => y);
      const corners: readonly [Point, Point] = [
        [Math.min(...xs), Math.min(...ys)],
        [Math.max(...xs), Math.max(...ys)],
      ];
      return inBox(...corners).filter((point) => isInside(line, xOf(point), yOf(point)));
    },
  };
};

/** Whether a ray to the right crosses the closed line an odd number of times. */
export const isInside = (line: readonly Point[], x: number, y: number): boolean => {
  let inside = false;
  let [fromX, fromY] = line.at(-1) ?? [0, 0];
  for (const [toX, toY] of line) {
    if (toY > y !== fromY > y && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX) inside = !inside;
    [fromX, fromY] = [toX, toY];
  }
  return inside;
};
