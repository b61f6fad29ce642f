import { embedLabels, projectLabels, textsOf, type Label, type Numbers } from "./emms/index.ts";
import type { EncoderRegistry } from "../../encoders/index.ts";
import type { EncoderRecord, Store } from "../../store/index.ts";
import { labelEmbedder } from "./label-embeddings.ts";
import type { Drawn } from "./draw.ts";
import type { Selection, SelectionSettings } from "./types.ts";

/** The F-labels of samples, all of one width, and how they were made; none where there are no encoders. */
export const labelMatrices = async (
  store: Store,
  registry: EncoderRegistry,
  encoders: readonly EncoderRecord[],
  labels: readonly Label[],
  of: Drawn["of"],
  { templates, projection, dimension: asked, seed }: SelectionSettings,
  signal: AbortSignal,
): Promise<{ readonly fLabels?: readonly Numbers[]; readonly description: Selection["fLabels"] }> => {
  if (encoders.length === 0) return { description: null };
  const embedded = await embedLabels(labels, templates, labelEmbedder(store, registry, encoders, of, signal));
  const dimension = asked ?? Math.min(...encoders.map((encoder) => encoder.dimension));
  const fLabels = await projectLabels(embedded, { by: projection, dimension, seed }, signal);
  const isAsTheyAre = projection === "random" && encoders.every((encoder) => encoder.dimension === dimension);
  return {
    fLabels,
    description: {
      textEncoders: encoders.map(({ id, dimension: own }) => ({ id, dimension: own })),
      texts: new Set(labels.flatMap((label) => textsOf(label, templates))).size,
      dimension,
      projection: isAsTheyAre ? "none" : projection,
    },
  };
};
