/** The default image encoder, which puts {@link LAYERS} side by side. */
export const LAYERED_ENCODER = "inception-v3-mixed5-7";
export const LAYERS = ["mixed5", "mixed6", "mixed7"] as const;
export type Layer = (typeof LAYERS)[number];

const LAYER_DIMENSION = 768;

/**
 * What an encoder of these layers alone would give: the default encoder normalises each layer before it joins them, so
 * a part of its vector, normalised again, is the vector of that layer.
 *
 * @param vector of the default image encoder
 */
export const layersOf = (vector: Float32Array, layers: readonly Layer[]): Float32Array => {
  if (layers.length === LAYERS.length) return vector;
  const joined = new Float32Array(layers.length * LAYER_DIMENSION);
  layers.forEach((layer, i) => {
    const first = LAYERS.indexOf(layer) * LAYER_DIMENSION;
    joined.set(vector.subarray(first, first + LAYER_DIMENSION), i * LAYER_DIMENSION);
  });
  const norm = Math.hypot(...joined);
  return joined.map((value) => value / norm);
};
