import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ClassifyResult } from "../api/explain.ts";
import type { FitUsed, Method } from "../api/methods.ts";
import { transformText } from "../api/transforms.ts";
import { createSlices } from "../math/slices.ts";
import type { AnchorView } from "../retrieval/index.ts";
import {
  explain,
  explainAll,
  sharedParts,
  type ClassRow,
  type ExplainableAnchors,
  type ScoreParts,
} from "./explain.ts";
import {
  entriesOf,
  keyOfLooks,
  localImages,
  localTexts,
  openFrame,
  scoreLocally,
  type LocalTexts,
} from "./local/index.ts";
import { representBoth, scoreTexts } from "./method.ts";
import { meanRepresentations, relativeRepresentations, scoreRows, sumUpRepresentations } from "./relative.ts";
import type { MethodSettings } from "./settings.ts";
import type { AsifSettings, ClassifyInput, RelativeRepresentations } from "./types.ts";

export interface Classified {
  readonly results: readonly ClassifyResult[];
  readonly fits: readonly FitUsed[];
}

/**
 * Classifies as {@link classify} does, by any method. With the ensemble `max` a class scores as its best prompt (for
 * a consensus: the prompt with the highest sum); with `mean` each member takes the mean of the class's prompts in its
 * own space.
 *
 * @param input `explain` applies only to explainable methods, see {@link METHOD_TRAITS}
 */
export const classifyByMethod = async (
  view: AnchorView,
  input: ClassifyInput,
  how: MethodSettings & { readonly method: Method },
  cache: RepresentationCache,
): Promise<Classified> => {
  const { method } = how;
  if (method === "asif") return { results: await classify(view, input, cache), fits: [] };
  const { images, prompts, classes, ensemble, top } = input;
  const settings = { ...input.settings, ...how };
  const sizes = ensemble === "mean" ? classes.map((entry) => entry.prompts) : undefined;
  const results: ClassifyResult[] = [];
  if (method === "asif-csa") {
    const made = await representBoth(view, method, images, prompts, settings, sizes);
    const { imageRows, textRows, fits } = made;
    const partsOf = sharedParts(imageRows, textRows, view.slotCount);
    await scoreClasses(imageRows, textRows, view.slotCount, input, (image, scored) => {
      results.push(classificationOf(view, partsOf(image), scored, input));
    });
    return { results, fits };
  }
  if (method === "local" || method === "asif+local") {
    const frame = await openFrame(view, method, settings);
    const form = [method, keyOfLooks(frame), sizes?.join() ?? ""].join(" ");
    const texts = await cache.local.get(view, input.settings, prompts, form, () =>
      localTexts(frame, prompts, sizes),
    );
    await scoreLocally(frame, await localImages(frame, images), texts, (_, answer) => {
      results.push(classificationOf(view, answer, classRows(answer.scores, input), input));
    });
    return { results, fits: [] };
  }
  const { scores, fits } = await scoreTexts(view, method, images, prompts, settings, sizes);
  const columns = sizes?.length ?? prompts.length / view.dimension("text");
  const slices = createSlices();
  for (let first = 0; first < scores.length; first += columns) {
    if (slices.due()) await slices.rest();
    let next = first;
    const ranked = classes.map((entry) => {
      const from = next;
      next += sizes === undefined ? entry.prompts : 1;
      return { name: entry.name, score: scores.subarray(from, next).reduce((a, b) => Math.max(a, b)) };
    });
    results.push({ classes: ranked.sort((a, b) => b.score - a.score).slice(0, top) });
  }
  return { results, fits };
};

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
  const { images, prompts, classes, ensemble, isSummary = false, settings } = input;
  const sizes = classes.map((entry) => entry.prompts);
  const isMean = ensemble === "mean";
  const [imageRows, textRows] = await Promise.all([
    relativeRepresentations(view, "image", images, settings).then((made) => made.representations),
    cache.relative.get(
      view,
      settings,
      prompts,
      isMean ? `${isSummary ? "summary " : ""}${sizes.join()}` : "",
      async () => {
        const { representations } = await relativeRepresentations(view, "text", prompts, settings);
        if (isSummary) return sumUpRepresentations(representations, sizes, view.slotCount);
        return isMean ? meanRepresentations(representations, sizes, view.slotCount) : representations;
      },
    ),
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
  const answer = { classes, support, ...(offset === undefined ? {} : { offset }) };
  if (typeof asked === "number")
    return { ...answer, explanation: explain(anchors, partsOf(first.row), asked) };
  const explained = (of: ClassRow) => explainAll(anchors, partsOf, ranked, of, asked);
  if (asked.every !== true) return { ...answer, ...explained(first) };
  return { ...answer, classes: listed.map((of) => ({ name: of.name, score: of.score, ...explained(of) })) };
};

/** Capacity in entries of sparse rows, about 16 bytes each. */
const MAX_ENTRIES = 4_000_000;

/**
 * Caches the representations of class prompts, which are the same for every image. A view is one state of the
 * anchors, so an entry is valid for as long as its view exists.
 */
export interface PromptCache<Rows extends object> {
  readonly get: (
    view: AnchorView,
    settings: AsifSettings,
    prompts: Float32Array,
    /** What the rows depend on besides the view and the texts. */
    form: string,
    make: () => Promise<Rows>,
  ) => Promise<Rows>;
}

/** The caches of class prompts, one for each kind of method. */
export interface RepresentationCache {
  readonly relative: PromptCache<RelativeRepresentations>;
  readonly local: PromptCache<LocalTexts>;
}

export const createRepresentationCache = (): RepresentationCache => ({
  relative: createPromptCache((rows) => rows.slots.length),
  local: createPromptCache(entriesOf),
});

/** @param entriesOf size of a value in entries; the least recently used values are dropped first */
export const createPromptCache = <Rows extends object>(
  entriesOf: (rows: Rows) => number,
): PromptCache<Rows> => {
  const identities = new WeakMap<object, number>();
  let next = 0;
  const identityOf = (object: object): number => {
    const known = identities.get(object);
    if (known !== undefined) return known;
    identities.set(object, ++next);
    return next;
  };
  const cache = new LRUCache<string, Rows>({
    maxSize: MAX_ENTRIES,
    sizeCalculation: (rows) => entriesOf(rows) + 1,
  });

  return {
    get: async (view, settings, prompts, form, make) => {
      const { k, p, negatives = "cut", transform, allow, exact, ef } = settings;
      const digest = createHash("sha256")
        .update(new Uint8Array(prompts.buffer, prompts.byteOffset, prompts.byteLength))
        .update(allow ?? "")
        .digest("base64");
      const key = [
        identityOf(view),
        view.fitVersion("text", transform),
        k,
        p,
        negatives,
        transformText(transform),
        exact,
        ef,
        form,
        digest,
      ].join(" ");
      const known = cache.get(key);
      if (known !== undefined) return known;
      const made = await make();
      cache.set(key, made);
      return made;
    },
  };
};
