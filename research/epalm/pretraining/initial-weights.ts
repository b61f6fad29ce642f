import { createRandom, normal } from "../../../src/math/random.ts";
import type { Tensors } from "../../../src/features/epalm/adapter/index.ts";
import { weightShapes, type DecoderConfig } from "../../../src/features/epalm/decoder/config.ts";

/** As GPT-2 was begun. */
const DEVIATION = 0.02;

/**
 * Weights to begin with: matrices normal about 0, those that end a branch smaller by the square root of twice the number
 * of layers, so that the sum over branches does not grow with depth; norms 1, biases 0. The same seed gives the same
 * weights.
 */
export const initialWeights = (config: DecoderConfig, seed: number): Tensors => {
  const random = createRandom(seed);
  return new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (name.endsWith("norm.weight")) data.fill(1);
      else if (name.endsWith(".weight")) {
        const isLast = /(?:out_proj|fc2)\.weight$/.test(name);
        const scale = isLast ? DEVIATION / Math.sqrt(2 * config.layers) : DEVIATION;
        for (let i = 0; i < data.length; i++) data[i] = scale * normal(random);
      }
      return [name, { shape, data }];
    }),
  );
};
