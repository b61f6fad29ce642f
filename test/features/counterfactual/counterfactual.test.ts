import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { classify, type ClassifyInput } from "../../../src/asif/index.ts";
import {
  counterfactual,
  createCounterfactualCache,
  type CounterfactualInput,
} from "../../../src/features/counterfactual/counterfactual.ts";
import { closeKernels, type AnchorView } from "../../../src/retrieval/index.ts";
import type { Sequence, Transform } from "../../../src/types.ts";
import { ask, ensembles, exactClasses, exactImages, image, text } from "../../asif/ask.ts";
import {
  anyK,
  anyNegatives,
  anyP,
  exactAnchors,
  idOf,
  openWith,
  randomAnchors,
  settings,
  upsertsOf,
  viewOf,
} from "../../support/anchor-space.ts";
import type { NaiveAnchor } from "../../support/naive-asif.ts";

afterAll(closeKernels);

interface Edit {
  readonly without?: (anchor: NaiveAnchor) => boolean;
  readonly added?: readonly NaiveAnchor[];
}

const inputOf = (
  view: AnchorView,
  anchors: readonly NaiveAnchor[],
  asked: ClassifyInput,
  { without = () => false, added = [] }: Edit,
): CounterfactualInput => {
  const come = new Set(added.map(({ id }) => id));
  const gone = new Set(
    anchors.filter((anchor) => without(anchor) || come.has(anchor.id)).map(({ id }) => id),
  );
  return {
    ...asked,
    without: view.bitmap(({ id }) => gone.has(id)),
    added: {
      entries: upsertsOf(added).map(({ id, caption, metadata }) => ({ id, caption, metadata })),
      image: Float32Array.from(added.flatMap((anchor) => anchor.image)),
      text: Float32Array.from(added.flatMap((anchor) => anchor.text)),
    },
    changes: 3,
  };
};

/** The anchors as they are after the edit, in an order of their own. */
const afterEdit = (
  anchors: readonly NaiveAnchor[],
  { without = () => false, added = [] }: Edit,
): NaiveAnchor[] => {
  const come = new Set(added.map(({ id }) => id));
  return [...added, ...anchors.filter((anchor) => !without(anchor) && !come.has(anchor.id))];
};

const viewAfter = async (anchors: readonly NaiveAnchor[], edit: Edit): Promise<AnchorView> => {
  const left = afterEdit(anchors, edit);
  if (left.length > 0) return viewOf(left);
  const space = await openWith(anchors);
  space.apply({ sequence: 2 as Sequence, upserts: [], deletes: anchors.map(({ id }) => idOf(id)) });
  return space.view();
};

const compare = async (
  anchors: readonly NaiveAnchor[],
  asked: ClassifyInput,
  edit: Edit,
  cache = createCounterfactualCache(),
  view?: AnchorView,
) => {
  const before = view ?? (await viewOf(anchors));
  const { results } = await counterfactual(before, inputOf(before, anchors, asked, edit), cache);
  const really = await viewAfter(anchors, edit);
  return { results, before: await classify(before, asked), after: await classify(really, asked) };
};

describe("a counterfactual", () => {
  test("answers as before, and as a collection that was really edited, to the last bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40).filter((anchors) => anchors.length > 0),
        exactAnchors(6),
        exactImages,
        exactClasses,
        ensembles,
        anyK,
        anyP,
        anyNegatives,
        fc.integer({ min: 1, max: 5 }),
        async (anchors, added, images, classes, ensemble, k, p, negatives, every) => {
          const asked = ask(images, classes, {
            ensemble,
            explain: 1_000,
            settings: settings(k, p, { negatives }),
          });
          const without = (anchor: NaiveAnchor): boolean => anchors.indexOf(anchor) % every === 0;
          const { results, before, after } = await compare(anchors, asked, { without, added });
          expect(results.map((result) => result.before)).toEqual(before);
          expect(results.map((result) => result.after)).toEqual(after);
        },
      ),
      { numRuns: 80 },
    );
  });

  const anchors = randomAnchors(900, 41);
  const others = randomAnchors(30, 42).map((anchor) => ({ ...anchor, id: `other-${anchor.id}` }));
  const images = randomAnchors(6, 43).map((anchor) => anchor.image);
  const classes = [3, 33, 63, 93].map((at) => [text(anchors, at), text(anchors, at + 1)]);
  const asked = (more: Partial<ClassifyInput> = {}): ClassifyInput =>
    ask(images, classes, { explain: 5, settings: settings(60, 5), ...more });
  const near = (at: number): Edit => {
    // Those that are nearest to an image, so that its row has fewer to spare than it loses.
    const [x, side] = [images[at] ?? [], "image" as const];
    const similar = anchors
      .map((anchor) => ({ anchor, score: anchor[side].reduce((sum, v, i) => sum + v * (x[i] ?? 0), 0) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 300);
    const gone = new Set(similar.map(({ anchor }) => anchor));
    return { without: (anchor) => gone.has(anchor) };
  };

  test.each<[string, Edit]>([
    ["nothing", {}],
    ["one anchor", { without: ({ id }) => id === "anchor-33" }],
    ["a third of all", { without: ({ id }) => /[147]$/.test(id) }],
    ["an image's nearest", near(0)],
    ["all but a few", { without: ({ id }) => !id.endsWith("77") }],
    ["all", { without: () => true }],
    ["all, and puts others in their place", { without: () => true, added: others }],
    [
      "one for another under its id",
      { added: others.slice(0, 1).map((one) => ({ ...one, id: "anchor-3" })) },
    ],
  ])("of real vectors takes away %s as a deletion would", async (_, edit) => {
    for (const ensemble of ["max", "mean"] as const) {
      const { results, before, after } = await compare(anchors, asked({ ensemble }), edit);
      expect(results.map((result) => result.before)).toEqual(before);
      expect(results.map((result) => result.after)).toEqual(after);
    }
  });

  test("keeps to the anchors that a filter lets through, and to the others that came", async () => {
    const view = await viewOf(anchors);
    const allow = view.bitmap(({ id }) => id.endsWith("3") || id.endsWith("4"));
    const edit: Edit = { without: ({ id }) => id.endsWith("4"), added: others };
    const filtered = asked({ settings: settings(60, 5, { allow }) });
    const { results } = await counterfactual(view, inputOf(view, anchors, filtered, edit));
    const kept = anchors.filter(({ id }) => id.endsWith("3"));
    expect(results.map(({ after }) => after)).toEqual(
      await classify(await viewOf([...kept, ...others]), asked()),
    );
  });

  test("answers the same from remembered prompts, whatever is taken away next", async () => {
    const view = await viewOf(anchors);
    const cache = createCounterfactualCache();
    for (const digit of ["1", "2", "1"]) {
      const edit: Edit = { without: ({ id }) => id.endsWith(digit), added: others };
      for (const ensemble of ["max", "mean"] as const) {
        const { results, after } = await compare(anchors, asked({ ensemble }), edit, cache, view);
        expect(results.map((result) => result.after)).toEqual(after);
      }
    }
  });

  test("says what flips, and whose scores change the most", async () => {
    const edit: Edit = { without: ({ id }) => /[13579]$/.test(id) };
    const all = asked({ top: classes.length });
    const { results, before, after } = await compare(anchors, all, edit);
    results.forEach((result, i) => {
      const [old, now] = [before[i]?.classes ?? [], after[i]?.classes ?? []];
      expect(result.flips).toBe(old[0]?.name !== now[0]?.name);
      const changes = old
        .map(({ name, score }) => ({
          name,
          change: (now.find((c) => c.name === name)?.score ?? NaN) - score,
        }))
        .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
      expect(result.changes.map(({ name, change }) => ({ name, change }))).toEqual(changes.slice(0, 3));
    });
  });

  test("is no flip where another class of the same name comes first", async () => {
    const pairs = anchors.slice(0, 60);
    const input = ask([image(pairs, 1)], [[text(pairs, 1)], [text(pairs, 30)]]);
    const view = await viewOf(pairs);
    const same = { ...input, classes: input.classes.map((entry) => ({ ...entry, name: "same" })) };
    const edit: Edit = { without: ({ id }) => id !== "anchor-30" };
    const [result] = (await counterfactual(view, inputOf(view, pairs, same, edit))).results;
    expect(result?.flips).toBe(false);
  });

  test.each<Transform>(["center", "whiten"])(
    "looks through the fit of the anchors as they are, with the transform %s",
    async (transform) => {
      const space = await openWith(anchors);
      const input = asked({ settings: settings(60, 5, { transform }) });
      const edit: Edit = { without: ({ id }) => id.endsWith("5"), added: others };
      const view = space.view();
      const { results, fits } = await counterfactual(view, inputOf(view, anchors, input, edit));
      expect(fits.image).toEqual({ transform, transformVersion: 1, transformSequence: 1 });
      expect(fits.text).toMatchObject({ transform: "center" });
      expect(results.map(({ before }) => before)).toEqual(await classify(view, input));
      // By a filter only those that stay are remembered, through the same fit.
      const kept = {
        ...input,
        settings: { ...input.settings, allow: view.bitmap(({ id }) => !id.endsWith("5")) },
      };
      const alone = await counterfactual(
        view,
        inputOf(view, anchors, input, { without: edit.without ?? (() => false) }),
      );
      expect(alone.results.map(({ after }) => after)).toEqual(await classify(view, kept));
    },
  );
});
