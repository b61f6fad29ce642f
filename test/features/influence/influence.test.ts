import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { classify, type ClassifyInput } from "../../../src/asif/index.ts";
import { influence, type Influences } from "../../../src/features/influence/influence.ts";
import { closeKernels, type AnchorView } from "../../../src/retrieval/index.ts";
import type { Transform } from "../../../src/types.ts";
import { ask, ensembles, exactClasses, exactImages, image, text } from "../../asif/ask.ts";
import {
  anyK,
  anyNegatives,
  anyP,
  exactAnchors,
  randomAnchors,
  settings,
  viewOf,
} from "../../support/anchor-space.ts";

afterAll(closeKernels);

const ALL = 100_000;

interface Expected {
  readonly flips: readonly { image: number; from: string; to: string }[];
  readonly changes: readonly number[];
}

/** What a classification without each anchor says, one after another. */
const rerun = async (view: AnchorView, input: ClassifyInput): Promise<Map<string, Expected>> => {
  const all = { ...input, top: input.classes.length, explain: 0 };
  // Names can be shared: classes are told apart by their place.
  const named = { ...all, classes: input.classes.map((entry, i) => ({ ...entry, name: String(i) })) };
  const nameOf = (place: string | undefined): string => input.classes[Number(place)]?.name ?? "";
  const before = await classify(view, named);
  const allowed = input.settings.allow ?? view.bitmap(() => true);
  const expected = new Map<string, Expected>();
  for (const slot of view.liveSlots()) {
    if (allowed[slot] !== 1) continue;
    const allow = allowed.slice();
    allow[slot] = 0;
    const after = await classify(view, { ...named, settings: { ...input.settings, allow } });
    const flips = before.flatMap(({ classes }, i) => {
      const [from, to] = [nameOf(classes[0]?.name), nameOf(after[i]?.classes[0]?.name)];
      return from === to ? [] : [{ image: i, from, to }];
    });
    const changes = before.map(({ classes: [first] }, i) => {
      const now = after[i]?.classes.find(({ name }) => name === first?.name)?.score ?? NaN;
      return now - (first?.score ?? NaN);
    });
    expected.set(view.entry(slot).id, { flips, changes });
  }
  return expected;
};

/** Influences that are too small to tell from rounding may be listed or not. */
const expectSame = (found: Influences, expected: Map<string, Expected>): void => {
  const listed = new Map(found.anchors.map((one) => [one.anchor as string, one]));
  for (const [id, { flips, changes }] of expected) {
    const one = listed.get(id);
    const mean = changes.reduce((sum, change) => sum + Math.abs(change), 0) / changes.length;
    expect(one?.flipped ?? [], id).toEqual(flips);
    expect(one?.flips ?? 0).toBe(flips.length);
    expect(Math.abs((one?.meanChange ?? 0) - mean)).toBeLessThan(2e-9);
    const largest = Math.max(...changes.map(Math.abs));
    expect(Math.abs(Math.abs(one?.largest.change ?? 0) - largest)).toBeLessThan(2e-9);
  }
  for (const id of listed.keys()) expect(expected.has(id)).toBe(true);
};

const expectAsRerun = async (view: AnchorView, input: ClassifyInput): Promise<Influences> => {
  const found = await influence(view, { ...input, limit: ALL });
  const [before, expected] = [await classify(view, input), await rerun(view, input)];
  expectSame(found, expected);
  expect(found.images.map(({ name }) => name)).toEqual(before.map(({ classes }) => classes[0]?.name));
  found.images.forEach(({ score, flippedBy }, i) => {
    expect(score).toBe(before[i]?.classes[0]?.score);
    const flipping = [...expected.values()].filter(({ flips }) => flips.some((flip) => flip.image === i));
    expect(flippedBy).toBe(flipping.length);
  });
  expect(found.flipping).toBe([...expected.values()].filter(({ flips }) => flips.length > 0).length);
  return found;
};

describe("the influence of an anchor", () => {
  test("is what a classification without it says, where similarities are often equal", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(25).filter((anchors) => anchors.length > 0),
        exactImages,
        exactClasses,
        ensembles,
        anyK,
        anyP,
        anyNegatives,
        async (anchors, images, classes, ensemble, k, p, negatives) => {
          const view = await viewOf(anchors);
          await expectAsRerun(
            view,
            ask(images, classes, { ensemble, settings: settings(k, p, { negatives }) }),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("is what a classification without it says, for vectors of any kind and powers up to 100", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 2, max: 60 }),
        ensembles,
        anyK,
        fc.constantFrom(0.25, 1, 3, 8, 40, 100),
        anyNegatives,
        async (seed, size, ensemble, k, p, negatives) => {
          const anchors = randomAnchors(size, seed, { image: 4, text: 3 });
          const others = randomAnchors(12, seed + 1, { image: 4, text: 3 });
          const classes = [0, 1, 2, 3].map((at) => [
            text(others, at),
            text(others, at + 4),
            text(anchors, at % size),
          ]);
          const images = [0, 1, 2, 3, 4].map((at) => image(others, at)).concat([image(anchors, 0)]);
          await expectAsRerun(
            await viewOf(anchors),
            ask(images, classes, { ensemble, settings: settings(k, p, { negatives }) }),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  const anchors = randomAnchors(400, 51);
  const images = randomAnchors(40, 52).map((anchor) => anchor.image);
  const classes = [3, 33, 63, 93, 123, 153].map((at) => [text(anchors, at), text(anchors, at + 1)]);

  test.each([
    ["max", 20, 4, "cut"],
    ["mean", 20, 4, "cut"],
    ["max", 150, 6, "keep"],
    ["mean", 399, 3, "keep"],
    ["mean", 399, 3, "cut"],
    ["max", 400, 2, "keep"],
    ["max", 1, 8, "cut"],
  ] as const)(
    "is what re-runs say among hundreds (%s, k = %i, p = %i, %s)",
    async (ensemble, k, p, negatives) => {
      const view = await viewOf(anchors);
      const found = await expectAsRerun(
        view,
        ask(images, classes, { ensemble, settings: settings(k, p, { negatives }) }),
      );
      if (k < 200) expect(found.flipping).toBeGreaterThan(0);
      const order = found.anchors.map(({ flips }) => flips);
      expect(order).toEqual(order.toSorted((a, b) => b - a));
    },
  );

  test.each<Transform>(["center", "whiten"])("looks through the fit as it is (%s)", async (transform) => {
    const view = await viewOf(anchors);
    const input = ask(images.slice(0, 10), classes, { settings: settings(30, 4, { transform }) });
    const { fits } = await expectAsRerun(view, input);
    expect(fits.image.transform).toBe(transform);
  });

  test("is of those alone that a filter lets through", async () => {
    const view = await viewOf(anchors);
    const allow = view.bitmap(({ id }) => id.endsWith("3"));
    const found = await expectAsRerun(view, ask(images, classes, { settings: settings(10, 4, { allow }) }));
    for (const { anchor } of found.anchors) expect(anchor.endsWith("3")).toBe(true);
  });

  test("knows classes by their names, and prompts that are given twice", async () => {
    const view = await viewOf(anchors);
    const [first = [], second = [], third = []] = classes;
    const twice = [first, second, first, [...second, ...third], third, third];
    for (const ensemble of ["max", "mean"] as const) {
      const input = ask(images, twice, { ensemble, settings: settings(20, 4) });
      await expectAsRerun(view, input);
      const names = ["fox", "owl", "fox", "owl", "hen", "cat"];
      await expectAsRerun(view, {
        ...input,
        classes: input.classes.map((entry, i) => ({ ...entry, name: names[i] ?? "" })),
      });
    }
  });

  test("is none without anchors, and all of it where there is one", async () => {
    const view = await viewOf(anchors);
    const nobody = ask(images.slice(0, 3), classes, {
      settings: settings(5, 2, { allow: new Uint8Array(400) }),
    });
    for (const ensemble of ["max", "mean"] as const)
      expect(await influence(view, { ...nobody, ensemble, limit: 10 })).toMatchObject({
        anchors: [],
        supporting: 0,
        flipping: 0,
        images: [
          { name: "0", score: 0 },
          { name: "0", score: 0 },
          { name: "0", score: 0 },
        ],
      });
    await expectAsRerun(await viewOf(anchors.slice(0, 1)), ask(images.slice(0, 3), classes));
  });

  test("is listed for the strongest only, as many as asked for", async () => {
    const view = await viewOf(anchors);
    const input = ask(images, classes, { settings: settings(20, 4) });
    const all = await influence(view, { ...input, limit: ALL });
    const some = await influence(view, { ...input, limit: 3 });
    expect(some).toEqual({ ...all, anchors: all.anchors.slice(0, 3) });
  });
});
