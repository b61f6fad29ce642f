import type { Embeddings } from "../../../../src/features/selection/emms/index.ts";
import { normals, seededRandom } from "../../../support/random.ts";

/** Rows around a centre for each class, which lie closer the larger `noise` is. */
export interface ClassData {
  readonly embeddings: Embeddings;
  readonly rows: number[][];
  readonly classes: Int32Array;
  readonly ids: number[];
}

export const classData = (n: number, d: number, count: number, noise = 1, seed = 1): ClassData => {
  const random = seededRandom(seed);
  const centres = Array.from({ length: count }, () => normals(d, random));
  const ids = Array.from({ length: n }, (_, i) => (i < count ? i : Math.floor(random() * count)));
  const rows = ids.map((id) =>
    Array.from(normals(d, random), (value, j) => Math.fround((centres[id]?.[j] ?? 0) + noise * value)),
  );
  return { ...dataOf(rows), ids, classes: Int32Array.from(ids) };
};

export const dataOf = (
  rows: readonly (readonly number[])[],
): { readonly embeddings: Embeddings; readonly rows: number[][] } => ({
  embeddings: { data: Float64Array.from(rows.flat()), n: rows.length, d: rows[0]?.length ?? 0 },
  rows: rows.map((row) => [...row]),
});

/** Each row adds up to 1. */
export const probabilityRows = (n: number, s: number, seed = 2): number[][] => {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const weights = Array.from({ length: s }, () => random() ** 4);
    const total = weights.reduce((sum, value) => sum + value, 0);
    return weights.map((value) => value / total);
  });
};

export const numbersOf = (rows: readonly (readonly number[])[]) => ({
  data: Float64Array.from(rows.flat()),
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
});
