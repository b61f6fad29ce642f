import { normals, seededRandom } from "../../support/random.ts";
import { unitRows } from "../../../src/retrieval/index.ts";
import type { RowCodes } from "../../../src/retrieval/partitions/types.ts";

/** Rows around a few centres, `[count, dimension]`, of norm 1. */
export const clusteredRows = (count: number, dimension: number, centres: number, seed = 1): Float32Array => {
  const random = seededRandom(seed);
  const middles = normals(centres * dimension, random);
  const noise = normals(count * dimension, random);
  const rows = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const centre = Math.floor(centres * random() ** 2);
    for (let i = 0; i < dimension; i++)
      rows[row * dimension + i] =
        (middles[centre * dimension + i] ?? 0) + 0.7 * (noise[row * dimension + i] ?? 0);
  }
  return unitRows(rows, dimension);
};

/** Seven-bit codes of rows, in runs of `run` rows that do not follow each other in memory. */
export const codedRows = (rows: Float32Array, dimension: number, run = 64): RowCodes => {
  const count = rows.length / dimension;
  const stride = 16 * Math.ceil(dimension / 16);
  const bytes = run * (stride + 4) + 16;
  const runs = Math.ceil(count / run);
  const buffer = new SharedArrayBuffer(runs * bytes);
  const at = (i: number): number => (runs - 1 - i) * bytes;
  for (let row = 0; row < count; row++) {
    const vector = rows.subarray(row * dimension, (row + 1) * dimension);
    const scale = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 63;
    const start = at(Math.floor(row / run));
    const codes = new Uint8Array(buffer, start + (row % run) * stride, stride).fill(64);
    vector.forEach((value, i) => (codes[i] = 64 + (scale === 0 ? 0 : Math.round(value / scale))));
    new Float32Array(buffer, start + run * stride, run)[row % run] = scale;
  }
  return {
    buffer,
    dimension,
    stride,
    runs: Array.from({ length: runs }, (_, i) => ({
      codes: at(i),
      scales: at(i) + run * stride,
      rows: Math.min(run, count - i * run),
    })),
  };
};
