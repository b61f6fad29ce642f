import type { Numbers } from "../types.ts";
import { textsOf, type Label } from "./label.ts";

/**
 * Embeds texts by K encoders.
 *
 * @param texts each once
 * @returns K matrices `[texts, d]` row-major
 */
export type EmbedTexts = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/**
 * What K text encoders make of each row's label: K matrices `[n, d]`. The embeddings of a label's texts are averaged as
 * they are; each text is embedded once.
 */
export const embedLabels = async (
  labels: readonly Label[],
  templates: readonly string[],
  embed: EmbedTexts,
): Promise<Numbers[]> => {
  const places = new Map<string, number>();
  const texts: string[] = [];
  const wanted = labels.map((label) =>
    textsOf(label, templates).map((text) => {
      const known = places.get(text);
      if (known !== undefined) return known;
      places.set(text, texts.length);
      return texts.push(text) - 1;
    }),
  );
  const embedded = await embed(texts);
  return embedded.map((vectors): Numbers => {
    const columns = vectors.length / texts.length;
    const data = new Float32Array(labels.length * columns);
    wanted.forEach((rows, i) => {
      for (const row of rows)
        for (let j = 0; j < columns; j++)
          data[i * columns + j] =
            (data[i * columns + j] ?? 0) + (vectors[row * columns + j] ?? 0) / rows.length;
    });
    return { data, rows: labels.length, columns };
  });
};
