/** Where visual tokens enter a decoder's layers. */
export interface Injection {
  /** The first layer that they enter before, and the first layer after the last one. */
  readonly startLayer: number;
  readonly endLayer: number;
  /** The number of visual vectors, the encoder's shallowest first. */
  readonly vectors: number;
  /** Vectors enter only before layers whose number it divides. */
  readonly textStep: number;
  /** Take the greater of `textStep` and the step between two vectors in place of `textStep`. */
  readonly selectHigherStep?: boolean;
}

export type LayerAction =
  /** No visual token is in the sequence. */
  | { readonly action: "none" }
  /** It is put in front. */
  | { readonly action: "prepend"; readonly vector: number }
  /** The front is overwritten. */
  | { readonly action: "replace"; readonly vector: number }
  /** The layer's output for it stays in front. */
  | { readonly action: "carry" };

/** The action before each layer (eP-ALM, arXiv 2303.11403; the authors' code, models/opt.py). */
export const scheduleOf = (layers: number, injection: Injection): LayerAction[] => {
  const { startLayer, endLayer, vectors, selectHigherStep = false } = injection;
  const span = endLayer - startLayer;
  const step = vectors > 1 && span > vectors ? Math.floor(span / vectors) : 1;
  const textStep = selectHigherStep ? Math.max(step, injection.textStep) : injection.textStep;
  let isThere = false;
  return Array.from({ length: layers }, (_, layer): LayerAction => {
    if (layer < startLayer || layer >= endLayer || layer % textStep !== 0)
      return isThere ? { action: "carry" } : { action: "none" };
    const vector = vectors === 1 ? 0 : Math.min(Math.floor((layer - startLayer) / step), vectors - 1);
    const action = isThere ? "replace" : "prepend";
    isThere = true;
    return { action, vector };
  });
};
