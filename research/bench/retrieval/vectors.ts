import { createRandom } from "../../../src/math/random.ts";
import { unitRows } from "../../../src/retrieval/index.ts";

export const DIMENSION = 512;
/** Dimensions in which clustered vectors differ most. */
const LATENT = 32;

export type Shape = "clustered" | "uniform";

/**
 * Unit vectors, `[count, 512]`: `uniform` in every direction, or `clustered` around a subspace of few dimensions, as
 * those of encoders are.
 */
export const makeVectors = (count: number, shape: Shape): Float32Array => {
  const random = createRandom(1);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const mixing = Float32Array.from({ length: LATENT * DIMENSION }, normal);
  const rows = new Float32Array(count * DIMENSION);
  for (let start = 0; start < rows.length; start += DIMENSION) {
    for (let j = 0; shape === "clustered" && j < LATENT; j++) {
      const latent = normal();
      for (let i = 0; i < DIMENSION; i++) {
        rows[start + i] = (rows[start + i] ?? 0) + latent * (mixing[j * DIMENSION + i] ?? 0);
      }
    }
    for (let i = 0; i < DIMENSION; i++) rows[start + i] = (rows[start + i] ?? 0) + 2 * normal();
  }
  return unitRows(rows, DIMENSION);
};

/** One row in a hundred. */
export const isTagged = (row: number): boolean => row % 100 === 7;

export const split = (queries: Float32Array): Float32Array[] =>
  Array.from({ length: queries.length / DIMENSION }, (_, i) =>
    queries.subarray(i * DIMENSION, (i + 1) * DIMENSION),
  );
