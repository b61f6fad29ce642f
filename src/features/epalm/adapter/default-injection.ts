import { AnchorageError } from "../../../errors.ts";
import type { Injection } from "../injection.ts";

/**
 * Where visual vectors enter a decoder of so many layers: in the upper half, but for the last layer, as in the authors'
 * settings (19 to 31 of 32, 11 to 23 of 24, 5 to 11 of 12 for six vectors). A decoder that has hardly more layers than
 * there are vectors takes one before each of its last layers: so the deepest enters last, and none is left out.
 *
 * @throws AnchorageError `invalid-input` where there are more vectors than layers
 */
export const defaultInjection = (layers: number, vectors: number): Injection => {
  if (vectors > layers)
    throw new AnchorageError(
      "invalid-input",
      `A decoder of ${layers} layers takes at most ${layers} visual vectors, not ${vectors}.`,
    );
  const span = vectors * Math.max(1, Math.floor(layers / (2 * vectors)));
  const endLayer = span < layers - 1 ? layers - 1 : layers;
  return { startLayer: endLayer - span, endLayer, vectors, textStep: 1 };
};
