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
    ascending(
      tree
        .range(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by))
        .filter((point) => isShown(point)),
    );

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
      const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
      const isInside = createInsideTest(line);
      return inBox([Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]).filter((point) =>
        isInside(xOf(point), yOf(point)),
      );
    },
  };
};

/** Sorted as numbers, which typed arrays do in a fraction of the time. */
const ascending = (points: readonly number[]): number[] => Array.from(Uint32Array.from(points).sort());

/** The plane is cut into so many bands, each with the few edges that pass through it. */
const BANDS = 64;

/** Whether a ray to the right of a point crosses the closed line an odd number of times. */
const createInsideTest = (line: readonly Point[]): ((x: number, y: number) => boolean) => {
  const ys = line.map(([, y]) => y);
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  const bandOf = (y: number): number =>
    Math.min(BANDS - 1, Math.max(0, Math.floor((BANDS * (y - bottom)) / (top - bottom || 1))));
  const bands: number[][] = Array.from({ length: BANDS }, () => []);
  line.forEach(([toX, toY], i) => {
    const [fromX, fromY] = line.at(i - 1) ?? [toX, toY];
    for (let band = bandOf(Math.min(fromY, toY)); band <= bandOf(Math.max(fromY, toY)); band++)
      bands[band]?.push(fromX, fromY, toX, toY);
  });
  const edges = bands.map((each) => Float64Array.from(each));
  return (x, y) => {
    const near = edges[bandOf(y)] ?? new Float64Array(0);
    let inside = false;
    for (let i = 0; i < near.length; i += 4) {
      const [fromX, fromY] = [near[i] ?? NaN, near[i + 1] ?? NaN];
      const [toX, toY] = [near[i + 2] ?? NaN, near[i + 3] ?? NaN];
      if (toY > y !== fromY > y && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX) inside = !inside;
    }
    return inside;
  };
};
