import type { ClassifyResult } from "../api/explain.ts";
import type { AnchorView } from "../retrieval/index.ts";
import { createRepresentationCache, type RepresentationCache } from "./cache.ts";
import {
  explain,
  explainAll,
  sharedParts,
  type ClassRow,
  type ExplainableAnchors,
  type ScoreParts,
} from "./explain.ts";
import { meanRepresentations, relativeRepresentations } from "./relative.ts";
import { scoreRows } from "./score.ts";
import type { ClassifyInput, RelativeRepresentations } from "./types.ts";

/**
 * Zero-shot classification (ASIF, arXiv 2210.01738, section 2): finds the class whose prompts have the relative
 * representation most similar to the image's. Scores are cosines of relative representations, in [-1, 1]; classes are
 * sorted by descending score, ties in the given order.
 */
export const classify = async (
  view: AnchorView,
  input: ClassifyInput,
  cache: RepresentationCache = createRepresentationCache(),
): Promise<ClassifyResult[]> => {
  const { images, prompts, classes, ensemble, settings } = input;
  const sizes = classes.map((entry) => entry.prompts);
  const isMean = ensemble === "mean";
  const [imageRows, textRows] = await Promise.all([
    relativeRepresentations(view, "image", images, settings).then((made) => made.representations),
    cache.relative.get(view, settings, prompts, isMean ? sizes.join() : "", async () => {
      const { representations } = await relativeRepresentations(view, "text", prompts, settings);
      return isMean ? meanRepresentations(representations, sizes, view.slotCount) : representations;
    }),
  ]);
  const results: ClassifyResult[] = [];
  const partsOf = sharedParts(imageRows, textRows, view.slotCount);
  await scoreClasses(imageRows, textRows, view.slotCount, input, (image, scored) => {
    results.push(classificationOf(view, partsOf(image), scored, input));
  });
  return results;
};

type Asked = Pick<ClassifyInput, "classes" | "ensemble" | "top" | "explain">;

/**
 * The scores of each image's row with each class, in the order of the classes.
 *
 * @param textRows one row for each class if the ensemble is `mean`, otherwise one for each prompt
 */
export const scoreClasses = (
  imageRows: RelativeRepresentations,
  textRows: RelativeRepresentations,
  slotCount: number,
  { classes, ensemble }: Pick<Asked, "classes" | "ensemble">,
  onImage: (image: number, scored: ClassRow[]) => void,
): Promise<void> =>
  scoreRows(imageRows, textRows, slotCount, (image, scores) =>
    onImage(image, classRows(scores, { classes, ensemble })),
  );

/** Each class with its best row, or with its only one if the ensemble is `mean`. */
export const classRows = (
  scores: Float64Array,
  { classes, ensemble }: Pick<Asked, "classes" | "ensemble">,
): ClassRow[] => {
  let first = 0;
  return classes.map(({ name, prompts }): ClassRow => {
    const size = ensemble === "mean" ? 1 : prompts;
    let row = first;
    for (let i = first + 1; i < first + size; i++) if ((scores[i] ?? 0) > (scores[row] ?? 0)) row = i;
    first += size;
    return { name, score: scores[row] ?? 0, row };
  });
};

/** @param scored in the order of the classes; sorted in place */
export const classificationOf = (
  anchors: ExplainableAnchors,
  { partsOf, support, offset }: ScoreParts,
  scored: ClassRow[],
  { top, explain: asked }: Pick<Asked, "top" | "explain">,
): ClassifyResult => {
  const ranked = scored.sort((a, b) => b.score - a.score);
  const listed = ranked.slice(0, top);
  const classes = listed.map(({ name, score }) => ({ name, score }));
  const [first] = ranked;
  if (asked === 0 || first === undefined) return { classes, support };
  const told = { classes, support, ...(offset === undefined ? {} : { offset }) };
  if (typeof asked === "number") return { ...told, explanation: explain(anchors, partsOf(first.row), asked) };
  const explained = (of: ClassRow) => explainAll(anchors, partsOf, ranked, of, asked);
  if (asked.every !== true) return { ...told, ...explained(first) };
  return { ...told, classes: listed.map((of) => ({ name: of.name, score: of.score, ...explained(of) })) };
};
