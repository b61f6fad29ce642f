import { multiply, type Matrix } from "../../../math/linear-algebra/index.ts";
import { createRandom } from "../../../math/random.ts";
import { linear } from "./linear.ts";
import { jointPrincipalAxes } from "./principal-axes.ts";
import type { NamedTensor, Tensors } from "./types.ts";

/** Rows that a projection is fitted on at most; more than enough for a hundred axes. */
const FIT_ROWS = 2_000;
/** A dimension of a smaller deviation does not vary. */
const LEAST = 1e-8;

const INPUT = "input.";
const nameOf = (vector: number, part: "mean" | "scale" | "map"): string => `${INPUT}${vector}.${part}`;

/** Whether a tensor belongs to the frozen projection of an encoder's features, and not to what is trained. */
export const isOfProjection = (name: string): boolean => name.startsWith(INPUT);

/**
 * Fits what brings features of several widths to one: each dimension is standardised, then projected on the principal
 * axes of all layers side by side (each layer counting the same), each layer on its own part of them; what comes out has
 * variance 1 in each direction. So direction i means the same in every layer, and one map can serve them all.
 *
 * `input.{j}.mean` and `input.{j}.scale` `[dimension]`, `input.{j}.map` `[width, dimension]`: features x of layer j become
 * `map ((x - mean) * scale)`.
 *
 * @param layerVectors of each layer `[rows, dimension]`
 * @param width reduced where there are too few rows or dimensions
 */
export const fitProjection = async (
  layerVectors: readonly Float32Array[],
  rows: number,
  width: number,
  seed: number,
): Promise<Tensors> => {
  const random = createRandom(seed);
  const all = Array.from({ length: rows }, (_, row) => row);
  const chosen = rows > FIT_ROWS ? random.sample(all, FIT_ROWS).sort((a, b) => a - b) : all;
  const tensors: Tensors = new Map();
  const sides = layerVectors.map((data, vector): Matrix => {
    const dimension = data.length / rows;
    const { mean, scale } = momentsOf(data, dimension, chosen);
    tensors.set(nameOf(vector, "mean"), { shape: [dimension], data: mean });
    tensors.set(nameOf(vector, "scale"), { shape: [dimension], data: scale });
    const standard = new Float64Array(chosen.length * dimension);
    const share = 1 / Math.sqrt(dimension);
    chosen.forEach((row, at) => {
      for (let d = 0; d < dimension; d++)
        standard[at * dimension + d] =
          share * (scale[d] ?? 0) * ((data[row * dimension + d] ?? 0) - (mean[d] ?? 0));
    });
    return { data: standard, rows: chosen.length, columns: dimension };
  });
  const least = Math.min(...sides.map(({ columns }) => columns));
  const count = Math.max(1, Math.min(width, least, chosen.length - 1));
  const axes = await jointPrincipalAxes(sides, count, random);
  for (const [vector, side] of sides.entries()) {
    const axis = axes[vector];
    if (axis === undefined) continue;
    const scores = await multiply(side, axis, "right");
    const map = new Float32Array(axis.data.length);
    for (let i = 0; i < count; i++) {
      let squares = 0;
      for (let row = 0; row < side.rows; row++) squares += (scores.data[row * count + i] ?? 0) ** 2;
      const deviation = Math.sqrt(squares / side.rows);
      // Rows were divided by the root of their dimension, which the map makes good.
      const factor = deviation > LEAST ? 1 / (deviation * Math.sqrt(side.columns)) : 0;
      for (let d = 0; d < side.columns; d++)
        map[i * side.columns + d] = factor * (axis.data[i * side.columns + d] ?? 0);
    }
    tensors.set(nameOf(vector, "map"), { shape: [count, side.columns], data: map });
  }
  return tensors;
};

/**
 * What the trained maps take, of features of one layer as an encoder gave them.
 *
 * @param layerVectors `[rows, dimension]`
 * @returns `[rows, width]`; the features themselves where an adapter projects none
 */
export const projectLayerVectors = (
  tensors: ReadonlyMap<string, NamedTensor>,
  vector: number,
  layerVectors: Float32Array,
): Float32Array => {
  const map = tensors.get(nameOf(vector, "map"));
  const mean = tensors.get(nameOf(vector, "mean"))?.data;
  const scale = tensors.get(nameOf(vector, "scale"))?.data;
  if (map === undefined || mean === undefined || scale === undefined) return layerVectors;
  const [width = 0, dimension = 1] = map.shape;
  const standard = layerVectors.map((value, i) => {
    const d = i % dimension;
    return (value - (mean[d] ?? 0)) * (scale[d] ?? 0);
  });
  return linear(standard, map.data, new Float32Array(width));
};

/** The names and shapes of a projection's tensors. */
export const projectionShapes = (
  dimensions: readonly number[],
  widths: readonly number[],
): Map<string, readonly number[]> =>
  new Map(
    dimensions.flatMap((dimension, vector): [string, readonly number[]][] => [
      [nameOf(vector, "mean"), [dimension]],
      [nameOf(vector, "scale"), [dimension]],
      [nameOf(vector, "map"), [widths[vector] ?? 0, dimension]],
    ]),
  );

/** Means, and one over deviations, 0 where nothing varies; of the chosen rows. */
const momentsOf = (data: Float32Array, dimension: number, rows: readonly number[]) => {
  const [mean, scale] = [new Float32Array(dimension), new Float32Array(dimension)];
  for (let d = 0; d < dimension; d++) {
    let sum = 0;
    for (const row of rows) sum += data[row * dimension + d] ?? 0;
    const centre = sum / rows.length;
    let squares = 0;
    for (const row of rows) squares += ((data[row * dimension + d] ?? 0) - centre) ** 2;
    const deviation = Math.sqrt(squares / rows.length);
    mean[d] = centre;
    scale[d] = deviation > LEAST ? 1 / deviation : 0;
  }
  return { mean, scale };
};
