/** Which part of the plane is shown: the point in the middle, and how many pixels one unit takes. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** Room around all points, in pixels. */
const MARGIN = 32;
/** How much nearer or farther than the whole map a person may go. */
const NEAREST = 2_000;
const FARTHEST = 0.25;

/** The camera that shows all places; `[n, 2]`, NaN for those that are not known. */
export const fitCamera = (places: ArrayLike<number>, { width, height }: Size): Camera => {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 2) {
    const [x = NaN, y = NaN] = [places[i], places[i + 1]];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  if (!(left <= right && bottom <= top)) return { x: 0, y: 0, scale: 1 };
  const across = Math.max(1, width - 2 * MARGIN) / (right - left || 1);
  const down = Math.max(1, height - 2 * MARGIN) / (top - bottom || 1);
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.min(across, down) };
};

/** Where a place is on the screen, in pixels from the upper left corner; y grows upwards on the map. */
export const toScreen = ({ x, y, scale }: Camera, { width, height }: Size, [px, py]: Point): Point => [
  width / 2 + (px - x) * scale,
  height / 2 - (py - y) * scale,
];

/** The place under a point of the screen: the inverse of {@link toScreen}. */
export const toPlace = ({ x, y, scale }: Camera, { width, height }: Size, [sx, sy]: Point): Point => [
  x + (sx - width / 2) / scale,
  y - (sy - height / 2) / scale,
];

/** Moves the map by pixels, as a drag does. */
export const panBy = ({ x, y, scale }: Camera, [dx, dy]: Point): Camera => ({
  x: x - dx / scale,
  y: y + dy / scale,
  scale,
});

/** Goes nearer by a factor, with the place under `at` staying where it is. */
export const zoomAt = (camera: Camera, size: Size, at: Point, factor: number, whole: number): Camera => {
  const scale = Math.min(whole * NEAREST, Math.max(whole * FARTHEST, camera.scale * factor));
  const [x, y] = toPlace(camera, size, at);
  const [nextX, nextY] = toPlace({ ...camera, scale }, size, at);
  return { x: camera.x + x - nextX, y: camera.y + y - nextY, scale };
};

const DIGITS = 6;

/** A camera as the address holds it. */
export const writeCamera = ({ x, y, scale }: Camera): string =>
  [x, y, scale].map((value) => Number(value.toPrecision(DIGITS))).join(",");

/** Null for what is not a camera. */
export const readCamera = (text: string): Camera | null => {
  const [x = NaN, y = NaN, scale = NaN] = text.split(",").map((part) => (part === "" ? NaN : Number(part)));
  return [x, y, scale].every(Number.isFinite) && scale > 0 ? { x, y, scale } : null;
};
