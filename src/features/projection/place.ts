/** Neighbours of some points among others, the nearest first; rows are `width` long, only the first `counts` hold. */
export interface NeighbourRows {
  readonly width: number;
  readonly counts: Int32Array;
  /** Positions among the others. */
  readonly indices: Int32Array;
  /** Euclidean distances of unit vectors, 0 to 2. */
  readonly distances: Float32Array;
}

/** How many of the nearest neighbours decide a place; more of them would pull points towards the middle of the map. */
const PLACED_BY = 5;
/** Squared distances below this count as none: float32 cannot tell such vectors apart. */
const SAME = 1e-6;

/** The Euclidean distance of two unit vectors of this cosine. */
export const chordOf = (cosine: number): number => Math.sqrt(Math.max(0, 2 - 2 * cosine));

/**
 * Weights of neighbours by the inverse square of their distances (Shepard, "A two-dimensional interpolation function
 * for irregularly-spaced data", 1968), which add up to 1. Those at no distance share all of it.
 *
 * @param distances at least one, not negative
 * @example
 * ```ts
 * inverseSquareWeights([1, 2]); // [0.8, 0.2]
 * ```
 */
export const inverseSquareWeights = (distances: readonly number[]): number[] => {
  const squares = distances.map((distance) => distance * distance);
  const isSame = squares.some((square) => square < SAME);
  const weights = squares.map((square) => (isSame ? Number(square < SAME) : 1 / square));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
};

/**
 * Places points at the weighted mean of their five nearest neighbours' places.
 *
 * @param places `[others, 2]` row-major
 * @returns `[points, 2]`; NaN for a point without neighbours
 * @example
 * ```ts
 * const rows = { width: 1, counts: Int32Array.of(1), indices: Int32Array.of(0), distances: Float32Array.of(0.3) };
 * placeAmong(rows, Float32Array.of(4, 2)); // [4, 2]
 * ```
 */
export const placeAmong = (rows: NeighbourRows, places: Float32Array): Float32Array<ArrayBuffer> => {
  const { counts, width, indices, distances } = rows;
  const placed = new Float32Array(counts.length * 2);
  counts.forEach((count, point) => {
    const from = point * width;
    const used = Math.min(count, PLACED_BY);
    const weights = used === 0 ? [] : inverseSquareWeights([...distances.subarray(from, from + used)]);
    let [x, y] = used === 0 ? [NaN, NaN] : [0, 0];
    weights.forEach((weight, i) => {
      const other = indices[from + i] ?? 0;
      x += weight * (places[2 * other] ?? 0);
      y += weight * (places[2 * other + 1] ?? 0);
    });
    placed[2 * point] = x;
    placed[2 * point + 1] = y;
  });
  return placed;
};
