import { multiplyByTransposed } from "../../../src/retrieval/index.ts";

/** Anchors as a transform shows them: unit vectors, row-major, row i of both the same pair. */
export interface Substrate {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly count: number;
  readonly imageDimension: number;
  readonly textDimension: number;
  /** Cosines of image vectors with all anchors, `[count]` each; computed once a vector, however many ask. */
  readonly similarities: (vectors: readonly (readonly number[])[]) => Promise<Float32Array[]>;
  /** Anchors, evenly spaced, that other vectors are measured against, with their places. */
  readonly background: readonly { readonly anchor: number; readonly vector: readonly number[] }[];
}

const BACKGROUND = 256;

export const createSubstrate = (images: Float32Array, texts: Float32Array, count: number): Substrate => {
  const [imageDimension, textDimension] = [images.length / count, texts.length / count];
  const known = new WeakMap<readonly number[], Promise<Float32Array>>();
  return {
    images,
    texts,
    count,
    imageDimension,
    textDimension,
    background: Array.from({ length: Math.min(BACKGROUND, count) }, (_, i) => {
      const anchor = Math.floor((i * count) / Math.min(BACKGROUND, count));
      return {
        anchor,
        vector: Array.from(images.subarray(anchor * imageDimension, (anchor + 1) * imageDimension)),
      };
    }),
    similarities: (vectors) => {
      const missing = vectors.filter((vector) => !known.has(vector));
      if (missing.length > 0) {
        // The few belong on the right: ONNX Runtime copies that side on each call.
        const product = multiplyByTransposed(
          { data: images, rows: count, columns: imageDimension },
          { data: Float32Array.from(missing.flat()), rows: missing.length, columns: imageDimension },
        );
        missing.forEach((vector, i) =>
          known.set(
            vector,
            product.then((all) =>
              new Float32Array(count).map((_, row) => all[row * missing.length + i] ?? 0),
            ),
          ),
        );
      }
      return Promise.all(
        vectors.map((vector) => known.get(vector) ?? Promise.reject(new RangeError("no vector"))),
      );
    },
  };
};

/** The places of the `k` largest, in their own order; of equal ones the first. */
export const largest = (values: Float32Array, k: number): Int32Array => {
  if (k >= values.length) return Int32Array.from(values.keys());
  const cut = values.slice().sort()[values.length - k] ?? -Infinity;
  let equal = k;
  for (const value of values) if (value > cut) equal--;
  const places = new Int32Array(k);
  let found = 0;
  for (let i = 0; i < values.length && found < k; i++) {
    const value = values[i] ?? -Infinity;
    if (value > cut || (value === cut && equal-- > 0)) places[found++] = i;
  }
  return places;
};
