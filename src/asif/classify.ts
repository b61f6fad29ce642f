import type { AnchorView } from "../retrieval/index.ts";
import { createRepresentationCache, type RepresentationCache } from "./cache.ts";
import { explain } from "./explain.ts";
import { meanRepresentations, relativeRepresentations } from "./relative.ts";
import { scoreRows } from "./score.ts";
import type { Classification, ClassifyInput, RelativeRepresentations } from "./types.ts";

/**
 * Zero-shot classification (ASIF, arXiv 2210.01738, section 2): the class whose prompts' relative representation is
 * most similar to the image's. Scores are cosines of relative representations, in [-1, 1]; classes come best first,
 * equal ones in the order in which they were given.
 */
export const classify = async (
  view: AnchorView,
  input: ClassifyInput,
  cache: RepresentationCache = createRepresentationCache(),
): Promise<Classification[]> => {
  const { images, prompts, classes, ensemble, top, settings } = input;
  const sizes = classes.map((entry) => entry.prompts);
  const isMean = ensemble === "mean";
  const [imageRows, textRows] = await Promise.all([
    relativeRepresentations(view, "image", images, settings).then((made) => made.representations),
    cache.get(view, settings, prompts, isMean ? sizes.join() : "", async () => {
      const { representations } = await relativeRepresentations(view, "text", prompts, settings);
      return isMean ? meanRepresentations(representations, sizes, view.slotCount) : representations;
    }),
  ]);
  const rowsOfClass = isMean ? sizes.map(() => 1) : sizes;
  const results: Classification[] = [];
  await scoreRows(imageRows, textRows, view.slotCount, (image, scores) => {
    const best = bestRows(scores, rowsOfClass);
    const ranked = classes
      .map(({ name }, i) => ({ name, score: best[i]?.score ?? 0, row: best[i]?.row ?? 0 }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top);
    results.push({
      classes: ranked.map(({ name, score }) => ({ name, score })),
      ...explained(view, imageRows, image, textRows, ranked[0]?.row, input.explain),
    });
  });
  return results;
};

/** The best of each class's consecutive rows. */
const bestRows = (scores: Float64Array, sizes: readonly number[]): { score: number; row: number }[] => {
  let first = 0;
  return sizes.map((size) => {
    let row = first;
    for (let i = first + 1; i < first + size; i++) if ((scores[i] ?? 0) > (scores[row] ?? 0)) row = i;
    first += size;
    return { score: scores[row] ?? 0, row };
  });
};

const explained = (
  view: AnchorView,
  images: RelativeRepresentations,
  image: number,
  texts: RelativeRepresentations,
  text: number | undefined,
  limit: number,
): Pick<Classification, "explanation"> =>
  limit === 0 || text === undefined ? {} : { explanation: explain(view, images, image, texts, text, limit) };
