import type { ScoreChange, UsedFit } from "./api.ts";
import type { ClassifyResult } from "../../api/explain.ts";
import type { FitUsed, Method } from "../../api/methods.ts";
import { AnchorageError } from "../../errors.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { classifyByMethod, type Classified, type RepresentationCache } from "../../asif/classify.ts";
import { openEditedSpace } from "./edited-space.ts";
import {
  counterfactual,
  type Counterfactual,
  type CounterfactualCache,
  type CounterfactualInput,
} from "./counterfactual.ts";
import type { MethodSettings } from "../../asif/settings.ts";

export interface CounterfactualByMethod {
  readonly results: readonly Counterfactual[];
  /** What was fitted for either answer, besides transforms. */
  readonly fits: { readonly before: readonly FitUsed[]; readonly after: readonly FitUsed[] };
  /** For `asif` only. */
  readonly transforms?: Readonly<Record<Modality, UsedFit>>;
}

/**
 * A counterfactual by any method. The fits of methods other than `asif` are computed again on the remaining anchors,
 * and discarded.
 *
 * @throws AnchorageError `unprocessable` if anchors are added and the method has fits on the anchors
 */
export const counterfactualByMethod = async (
  view: AnchorView,
  input: CounterfactualInput,
  how: MethodSettings & { readonly method: Method },
  caches: { readonly prompts: CounterfactualCache; readonly representations: RepresentationCache },
): Promise<CounterfactualByMethod> => {
  if (how.method === "asif") {
    const { results, fits } = await counterfactual(view, input, caches.prompts);
    return { results, fits: { before: [], after: [] }, transforms: fits };
  }
  const comes = input.added.entries.length > 0;
  if (comes && how.method !== "local" && how.method !== "asif+local")
    throw new AnchorageError(
      "unprocessable",
      `Anchors can be taken away from "${how.method}", but none added.`,
      {
        faults: [
          {
            path: ["with"],
            message: `is answered by "asif", "local" and "asif+local"; the method is "${how.method}"`,
          },
        ],
      },
    );
  const allow = input.settings.allow ?? view.bitmap(() => true);
  const left = allow.map((bit, slot) => (input.without[slot] === 1 ? 0 : bit));
  const all = { ...input, top: input.classes.length };
  const p = input.pAfter ?? input.settings.p;
  const afterwards = async (): Promise<Classified> => {
    const settings = { ...input.settings, p };
    if (!comes)
      return classifyByMethod(
        view,
        { ...all, settings: { ...settings, allow: left } },
        how,
        caches.representations,
      );
    const looks = {
      image: await view.look("image", settings.transform),
      text: await view.look("text", settings.transform),
    };
    const space = await openEditedSpace(view, looks, left, input.added);
    try {
      // The copy holds only what the filter lets through.
      const everything = space.view().bitmap(() => true);
      const shown = {
        images: await looks.image.show(input.images),
        prompts: await looks.text.show(input.prompts),
      };
      return await classifyByMethod(
        space.view(),
        { ...all, ...shown, settings: { ...settings, allow: everything, transform: "none" } },
        how,
        caches.representations,
      );
    } finally {
      space.close();
    }
  };
  const before = await classifyByMethod(view, all, how, caches.representations);
  const after = await afterwards();
  const shown = (result: ClassifyResult): ClassifyResult => ({
    ...result,
    classes: result.classes.slice(0, input.top),
  });
  return {
    results: before.results.map((old, i): Counterfactual => {
      const now = after.results[i] ?? { classes: [] };
      return {
        before: shown(old),
        after: shown(now),
        flips: old.classes[0]?.name !== now.classes[0]?.name,
        changes: changesOf(old, now).slice(0, input.changes),
      };
    }),
    fits: { before: before.fits, after: after.fits },
  };
};

/** By name; of several classes with one name, the best ones are compared. */
const changesOf = (before: ClassifyResult, after: ClassifyResult): ScoreChange[] => {
  const then = new Map<string, number[]>();
  for (const { name, score } of after.classes) then.set(name, [...(then.get(name) ?? []), score]);
  return before.classes
    .map(({ name, score }): ScoreChange => {
      const now = then.get(name)?.shift() ?? 0;
      return { name, before: score, after: now, change: now - score };
    })
    .filter(({ change }) => change !== 0)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
};
