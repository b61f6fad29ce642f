import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { classify, type ClassifyInput } from "../../src/asif/index.ts";
import { closeKernels } from "../../src/retrieval/index.ts";
import { naiveClassScore, naiveRelative, naiveTransform, type NaiveAnchor } from "../support/naive-asif.ts";
import { seededRandom, shuffled } from "../support/random.ts";
import { ask, ensembles, exactClasses, exactImages, expectClose, image, scoresOf, text } from "./ask.ts";
import {
  anyK,
  anyNegatives,
  anyP,
  exactAnchors,
  randomAnchors,
  settings,
  viewOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

describe("classification", () => {
  test("scores classes as their definition says, by the best prompt or by the mean of all", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40),
        exactImages,
        exactClasses,
        ensembles,
        anyK,
        anyP,
        anyNegatives,
        async (anchors, images, classes, ensemble, k, p, negatives) => {
          const input = ask(images, classes, { ensemble, settings: settings(k, p, { negatives }) });
          const results = await classify(await viewOf(anchors), input);
          expect(results).toHaveLength(images.length);
          results.forEach((result, i) => {
            const expected = classes.map((prompts) =>
              naiveClassScore(anchors, images[i] ?? [], prompts, ensemble, { k, p, negatives }),
            );
            expectClose(scoresOf(result, classes.length), expected, 1e-12);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("scores a class 0 by the mean of prompts that cancel each other, not by the rounding that is left", async () => {
    const anchors = randomAnchors(40, 15);
    const opposite = text(anchors, 3).map((value) => -value);
    const classes = [[text(anchors, 3), opposite], [text(anchors, 3)], [opposite, text(anchors, 3)]];
    const input = ask([image(anchors, 3)], classes, {
      ensemble: "mean",
      explain: 1_000,
      settings: settings(40, 3, { negatives: "keep" }),
    });
    const view = await viewOf(anchors);
    const [found] = await classify(view, input);
    const [alone] = await classify(
      view,
      ask([image(anchors, 3)], [[text(anchors, 3)]], { settings: settings(40, 3, { negatives: "keep" }) }),
    );
    expect(found?.classes).toEqual([
      { name: "1", score: expect.closeTo(alone?.classes[0]?.score ?? NaN, 12) as number },
      { name: "0", score: 0 },
      { name: "2", score: 0 },
    ]);
  });

  test("lists the best classes first, equal ones as they were given, and no more than asked for", async () => {
    const anchors = randomAnchors(60, 4);
    const classes = [1, 2, 1, 3, 2].map((at) => [text(anchors, at)]);
    const view = await viewOf(anchors);
    const [all] = await classify(view, ask([image(anchors, 2)], classes));
    const names = all?.classes.map(({ name }) => name) ?? [];
    expect(names.slice(0, 2)).toEqual(["1", "4"]);
    expect(names.indexOf("0")).toBe(names.indexOf("2") - 1);
    const scores = all?.classes.map(({ score }) => score) ?? [];
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const [three] = await classify(view, ask([image(anchors, 2)], classes, { top: 3 }));
    expect(three?.classes).toEqual(all?.classes.slice(0, 3));
  });

  test("of many images at once is that of each alone, to the last bit", async () => {
    const anchors = randomAnchors(80, 5);
    const images = randomAnchors(20, 6).map((anchor) => anchor.image);
    const classes = [0, 1, 2].map((at) => [text(anchors, at), text(anchors, at + 10)]);
    const view = await viewOf(anchors);
    const together = await classify(view, ask(images, classes, { explain: 3 }));
    for (const [i, x] of images.entries()) {
      expect(await classify(view, ask([x], classes, { explain: 3 }))).toEqual([together[i]]);
    }
  });

  test.each(["none", "center", "whiten"] as const)(
    "of real vectors is that of a float64 computation, with the transform %s",
    async (transform) => {
      const anchors = randomAnchors(150, 7);
      const images = randomAnchors(4, 8).map((anchor) => anchor.image);
      const classes = [0, 40, 80].map((at) => [text(anchors, at), text(anchors, at + 1)]);
      const shows = {
        image: naiveTransform(anchors, "image", transform),
        text: naiveTransform(anchors, "text", transform),
      };
      const shown = anchors.map(({ id, ...sides }) => ({
        id,
        image: shows.image(sides.image),
        text: shows.text(sides.text),
      }));
      const view = await viewOf(anchors);
      for (const ensemble of ["max", "mean"] as const) {
        const input = ask(images, classes, { ensemble, settings: settings(25, 3, { transform }) });
        const results = await classify(view, input);
        results.forEach((result, i) => {
          const expected = classes.map((prompts) =>
            naiveClassScore(shown, shows.image(images[i] ?? []), prompts.map(shows.text), ensemble, {
              k: 25,
              p: 3,
            }),
          );
          expectClose(scoresOf(result, 3), expected, 5e-3);
        });
      }
    },
  );

  test("tells how many anchors the image shares with any class, none where their similarities are cut", async () => {
    const anchors = [
      { id: "a", image: [1, 0], text: [1, 0, 0] },
      { id: "b", image: [0.6, 0.8], text: [0, 1, 0] },
      { id: "c", image: [0, 1], text: [0, 0, 1] },
    ];
    const view = await viewOf(anchors);
    const supportOf = async (given: ClassifyInput) =>
      (await classify(view, given)).map(({ support }) => support);
    const images = [
      [1, 0],
      [0, -1],
    ];
    const classes = [[[1, 0, 0]], [[0, 1, 1]]];
    expect(await supportOf(ask(images, classes))).toEqual([2, 0]);
    expect(
      await supportOf(ask(images, classes, { settings: settings(3, 2, { negatives: "keep" }) })),
    ).toEqual([2, 2]);
    expect(await supportOf(ask(images, [[[-1, 0, 0]]]))).toEqual([0, 0]);
  });

  test("scores every class 0 where there are no anchors, or none that the filter lets through", async () => {
    const anchors = randomAnchors(12, 9);
    const input = ask([image(anchors, 0)], [[text(anchors, 0)], [text(anchors, 1)]], { explain: 5 });
    const none = { classes: ["0", "1"].map((name) => ({ name, score: 0 })), support: 0, explanation: [] };
    expect(
      await classify(await viewOf([]), {
        ...input,
        images: new Float32Array(6),
        prompts: new Float32Array(10),
      }),
    ).toEqual([none]);
    const filtered = settings(5, 2, { allow: new Uint8Array(12) });
    expect(await classify(await viewOf(anchors), { ...input, settings: filtered })).toEqual([none]);
  });
});

describe("the anchors of a classification", () => {
  const anchors = randomAnchors(90, 10);
  const images = randomAnchors(6, 11).map((anchor) => anchor.image);
  const classes = [3, 33, 63].map((at) => [text(anchors, at), text(anchors, at + 5)]);
  const asked = (more: Partial<ClassifyInput> = {}): ClassifyInput =>
    ask(images, classes, { explain: 5, ...more });

  test("may come in any order", async () => {
    const expected = await classify(await viewOf(anchors), asked());
    for (const seed of [1, 2, 3]) {
      const order = shuffled(anchors.length, seededRandom(seed));
      const permuted = order.flatMap((at) => anchors[at] ?? []);
      for (const ensemble of ["max", "mean"] as const) {
        const input = asked({ ensemble });
        const same = ensemble === "max" ? expected : await classify(await viewOf(anchors), input);
        expect(await classify(await viewOf(permuted), input)).toEqual(same);
      }
    }
  });

  test("do not matter where neither the image nor a prompt is represented by them", async () => {
    const [k, p] = [6, 4];
    const used = (anchor: NaiveAnchor): boolean => {
      const at = anchors.indexOf(anchor);
      const rows = [
        ...images.map((x) => naiveRelative(anchors, "image", x, { k, p })),
        ...classes.flat().map((y) => naiveRelative(anchors, "text", y, { k, p })),
      ];
      return rows.some((row) => row[at] !== 0);
    };
    const kept = anchors.filter(used);
    expect(kept.length).toBeLessThan(anchors.length);
    for (const ensemble of ["max", "mean"] as const) {
      const input = asked({ ensemble, settings: settings(k, p) });
      expect(await classify(await viewOf(kept), input)).toEqual(await classify(await viewOf(anchors), input));
    }
  });

  test("do not matter where a filter keeps them out: the rest alone would answer the same", async () => {
    const keeps = ({ id }: { readonly id: string }): boolean => id.endsWith("3") || id.endsWith("7");
    const view = await viewOf(anchors);
    const filtered = await classify(
      view,
      asked({ settings: settings(10, 4, { allow: view.bitmap(keeps) }) }),
    );
    expect(filtered).toEqual(await classify(await viewOf(anchors.filter(keeps)), asked()));
  });
});
