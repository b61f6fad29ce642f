import type { ClassifyResult } from "../api/explain.ts";
import type { FitUsed, Method } from "../api/methods.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { RepresentationCache } from "./cache.ts";
import { classificationOf, classify, classRows, scoreClasses } from "./classify.ts";
import { sharedParts } from "./explain.ts";
import { keyOfLooks, localImages, localTexts, openFrame, scoreLocally } from "./local/index.ts";
import { representBoth, scoreTexts, type MethodSettings } from "./method.ts";
import { createSlices } from "../math/slices.ts";
import type { ClassifyInput } from "./types.ts";

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
