import { createTurns } from "../../../math/slices.ts";
import { linear, linearInputs, linearWeights } from "./linear.ts";
import { connectorOf, PROMPT, scaleOf } from "./names.ts";
import type { AdapterShape, NamedTensor, Tensors } from "./types.ts";

/** Multiplications at once, some milliseconds. */
const AT_ONCE = 2 ** 22;
/** Of a row whose numbers are all 0. */
const LEAST = 1e-12;

/**
 * The visual tokens of a batch, `[vectors, rows, hidden]`.
 *
 * @param layerVectors of each visual vector `[rows, width]`; a row an image, or an image's token
 */
export const visualTokens = (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
  layerVectors: readonly Float32Array[],
): Float32Array => {
  const parts = layerVectors.map((rows, vector) => {
    const projected = projectedOf(shape, tensors, rows, vector);
    return shape.tokenNorm
      ? scaled(projected, shape.hidden, dataOf(tensors, scaleOf(shape, vector))[0] ?? 1)
      : projected;
  });
  return joined(parts);
};

/** As {@link visualTokens}, with time for other work between rows. */
export const visualTokensInSlices = async (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
  layerVectors: readonly Float32Array[],
): Promise<Float32Array> => {
  const turn = createTurns();
  const parts: Float32Array[] = [];
  for (const [vector, rows] of layerVectors.entries())
    for (const [from, to] of blocksOf(shape, rows, vector)) {
      const width = shape.features[vector] ?? 1;
      const projected = projectedOf(shape, tensors, rows.subarray(from * width, to * width), vector);
      parts.push(
        shape.tokenNorm
          ? scaled(projected, shape.hidden, dataOf(tensors, scaleOf(shape, vector))[0] ?? 1)
          : projected,
      );
      await turn();
    }
  return joined(parts);
};

/** The first row and the end of each block of rows that is multiplied at once. */
const blocksOf = (shape: AdapterShape, rows: Float32Array, vector: number): [from: number, to: number][] => {
  const width = shape.features[vector] ?? 1;
  const count = rows.length / width;
  const size = Math.max(1, Math.floor(AT_ONCE / (width * shape.hidden)));
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => [
    i * size,
    Math.min(count, (i + 1) * size),
  ]);
};

/** The soft prompt, `[prompt, word width]`. */
export const promptTokens = (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
): Float32Array => {
  if (shape.prompt === 0) return new Float32Array(0);
  const table = dataOf(tensors, `${PROMPT}.0.weight`);
  if (!shape.promptNetwork) return table;
  return linear(
    innerOf(tensors, table),
    dataOf(tensors, `${PROMPT}.3.weight`),
    dataOf(tensors, `${PROMPT}.3.bias`),
  );
};

/**
 * The gradients of all tensors from those of what they make, with time for other work between rows.
 *
 * @param given.dVisual of {@link visualTokens}
 * @param given.dPrompt of {@link promptTokens}, summed over the batch
 */
export const adapterGradients = async (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
  layerVectors: readonly Float32Array[],
  given: { readonly dVisual: Float32Array; readonly dPrompt: Float32Array },
): Promise<Tensors> => {
  const turn = createTurns();
  const gradients: Tensors = new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, data: new Float32Array(tensor.data.length) },
    ]),
  );
  let first = 0;
  for (const [vector, all] of layerVectors.entries()) {
    const width = shape.features[vector] ?? 1;
    const name = connectorOf(shape, vector);
    for (const [from, to] of blocksOf(shape, all, vector)) {
      const rows = all.subarray(from * width, to * width);
      const slopes = given.dVisual.subarray(first + from * shape.hidden, first + to * shape.hidden);
      const ofProjected = shape.tokenNorm
        ? unscaled(
            projectedOf(shape, tensors, rows, vector),
            slopes,
            shape.hidden,
            dataOf(tensors, scaleOf(shape, vector))[0] ?? 1,
            dataOf(gradients, scaleOf(shape, vector)),
          )
        : slopes;
      linearWeights(
        rows,
        ofProjected,
        dataOf(gradients, `${name}.weight`),
        dataOf(gradients, `${name}.bias`),
      );
      await turn();
    }
    first += (all.length / width) * shape.hidden;
  }
  if (shape.prompt > 0) promptGradients(shape, tensors, given.dPrompt, gradients);
  return gradients;
};

const promptGradients = (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
  slopes: Float32Array,
  gradients: Tensors,
): void => {
  const ofTable = dataOf(gradients, `${PROMPT}.0.weight`);
  if (!shape.promptNetwork) {
    ofTable.set(slopes);
    return;
  }
  const table = dataOf(tensors, `${PROMPT}.0.weight`);
  const inner = innerOf(tensors, table);
  linearWeights(
    inner,
    slopes,
    dataOf(gradients, `${PROMPT}.3.weight`),
    dataOf(gradients, `${PROMPT}.3.bias`),
  );
  const ofInner = linearInputs(slopes, dataOf(tensors, `${PROMPT}.3.weight`), shape.wordWidth).map(
    (slope, i) => slope * (1 - (inner[i] ?? 0) ** 2),
  );
  linearWeights(
    table,
    ofInner,
    dataOf(gradients, `${PROMPT}.1.weight`),
    dataOf(gradients, `${PROMPT}.1.bias`),
  );
  ofTable.set(linearInputs(ofInner, dataOf(tensors, `${PROMPT}.1.weight`), shape.wordWidth));
};

const projectedOf = (
  shape: AdapterShape,
  tensors: ReadonlyMap<string, NamedTensor>,
  rows: Float32Array,
  vector: number,
): Float32Array => {
  const name = connectorOf(shape, vector);
  return linear(rows, dataOf(tensors, `${name}.weight`), dataOf(tensors, `${name}.bias`));
};

const innerOf = (tensors: ReadonlyMap<string, NamedTensor>, table: Float32Array): Float32Array =>
  linear(table, dataOf(tensors, `${PROMPT}.1.weight`), dataOf(tensors, `${PROMPT}.1.bias`)).map(Math.tanh);

/** Each row over its root mean square, times the scale. */
const scaled = (rows: Float32Array, width: number, scale: number): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let from = 0; from < rows.length; from += width) {
    const factor = scale / rootMeanSquare(rows, from, width);
    for (let i = from; i < from + width; i++) result[i] = (rows[i] ?? 0) * factor;
  }
  return result;
};

/** The gradient of the rows that were scaled; adds that of the scale. */
const unscaled = (
  rows: Float32Array,
  slopes: Float32Array,
  width: number,
  scale: number,
  dScale: Float32Array,
): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let from = 0; from < rows.length; from += width) {
    const norm = rootMeanSquare(rows, from, width);
    let along = 0;
    for (let i = from; i < from + width; i++) along += (rows[i] ?? 0) * (slopes[i] ?? 0);
    dScale[0] = (dScale[0] ?? 0) + along / norm;
    const share = along / (width * norm * norm);
    for (let i = from; i < from + width; i++)
      result[i] = (scale / norm) * ((slopes[i] ?? 0) - share * (rows[i] ?? 0));
  }
  return result;
};

const rootMeanSquare = (rows: Float32Array, from: number, width: number): number => {
  let squares = 0;
  for (let i = from; i < from + width; i++) squares += (rows[i] ?? 0) ** 2;
  return Math.sqrt(squares / width) || LEAST;
};

const dataOf = (tensors: ReadonlyMap<string, NamedTensor>, name: string): Float32Array => {
  const found = tensors.get(name);
  if (found === undefined) throw new RangeError(`an adapter of this shape has a ${name}`);
  return found.data;
};

const joined = (parts: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
