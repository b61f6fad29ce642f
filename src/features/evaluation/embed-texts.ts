import type { EncoderRegistry } from "../../encoders/index.ts";
import type { EncoderInfo, Log } from "../../types.ts";
import { rowOf } from "./embed-images.ts";

const TEXTS_A_BATCH = 256;

export interface Embedding {
  readonly registry: EncoderRegistry;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * The vector of each of `texts`; equal texts are encoded once.
 *
 * @throws the signal's reason if it aborts.
 */
export const embedTexts = async (
  texts: readonly string[],
  options: Embedding & { readonly encoder: EncoderInfo },
): Promise<ReadonlyMap<string, Float32Array>> => {
  const { encoder, registry, signal } = options;
  const unique = [...new Set(texts)];
  const vectors = new Map<string, Float32Array>();
  for (let first = 0; first < unique.length; first += TEXTS_A_BATCH) {
    signal.throwIfAborted();
    const batch = unique.slice(first, first + TEXTS_A_BATCH);
    const rows = await registry.encodeTexts(encoder.id, batch);
    batch.forEach((text, row) => vectors.set(text, rowOf(rows, row, encoder.dimension)));
  }
  return vectors;
};
