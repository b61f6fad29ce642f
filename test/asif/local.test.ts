import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  classifyByMethod,
  createRepresentationCache,
  scoreByMethod,
  type AsifSettings,
  type ClassifyInput,
} from "../../src/asif/index.ts";
import { drawReferences, localRows, regressionWeights } from "../../src/asif/local/index.ts";
import { createSlices } from "../../src/math/slices.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import type { Sequence } from "../../src/types.ts";
import {
  anyNegatives,
  idOf,
  openWith,
  randomAnchors,
  settings,
  upsertsOf,
  viewOf,
} from "../support/anchor-space.ts";
import { naiveTransform, type NaiveAnchor } from "../support/naive-asif.ts";
import { naiveLocalScores } from "../support/naive-local.ts";
import { ask, flat, image, text } from "./ask.ts";

afterAll(closeKernels);

const METHODS = ["local", "asif+local"] as const;
type LocalMethod = (typeof METHODS)[number];

const referencesOf = (view: AnchorView, allow?: Uint8Array): string[] =>
  Array.from(drawReferences(view, allow), (slot) => view.entry(slot).id);

const classify = async (view: AnchorView, method: LocalMethod, input: ClassifyInput) =>
  (await classifyByMethod(view, input, { method }, createRepresentationCache())).results;

const rows = async (anchors: readonly NaiveAnchor[], queries: readonly (readonly number[])[]) => {
  const view = await viewOf(anchors);
  const [near, far] = [await view.look("image", "none"), await view.look("text", "none")];
  const found = await near.search(await near.show(flat(queries)), { k: 100 });
  return localRows(found, near, far, createSlices());
};

const close = (found: ArrayLike<number>, expected: readonly number[], digits = 6): void => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, digits));
};

describe("the weights of a local regression", () => {
  test("are half a query's similarity by an anchor that is orthogonal to the others", async () => {
    close(await regressionWeights(Float32Array.of(1, 0, 0, 1), [0.6, 0.8]), [0.18, 0.32]);
  });

  test("count once what near anchors share", async () => {
    close(await regressionWeights(Float32Array.of(1, 0, 0.6, 0.8), [0.8, 0.96]), [0.244994, 0.416701]);
  });

  test("are a half for one anchor and a third each for two copies of it, g of the similarity times", async () => {
    const g = 0.7 ** 2;
    close(await regressionWeights(Float32Array.of(1, 0), [0.7]), [g / 2]);
    close(await regressionWeights(Float32Array.of(1, 0, 1, 0), [0.7, 0.7]), [g / 3, g / 3]);
  });

  test("are zero where no anchor is similar, and none where there is no anchor", async () => {
    close(await regressionWeights(Float32Array.of(1, 0), [-0.5]), [0]);
    close(await regressionWeights(new Float32Array(), []), []);
  });

  test("are found where the kernel matrix is not positive definite", async () => {
    // Rows of norm 4 make a matrix that a truncated kernel leaves indefinite beyond what I mends.
    const near = Float32Array.of(4, 0, 0, 2.4, 3.2, 0, -2.4, 3.2, 0, 0, -4, 0, 0, 0, 4);
    const weights = await regressionWeights(near, [0.5, 0.4, 0.3, 0.2, 0.1]);
    expect(weights.every(Number.isFinite)).toBe(true);
  });
});

describe("the direction of an image", () => {
  const square: readonly NaiveAnchor[] = [
    { id: "a", image: [1, 0], text: [1, 0] },
    { id: "b", image: [0, 1], text: [0, 1] },
  ];

  test("is the weighted sum of the texts of the anchors near it, of norm 1", async () => {
    const { directions, weights, slots } = await rows(square, [[0.6, 0.8]]);
    close(directions, [0.490261, 0.871576]);
    expect([...slots]).toEqual([1, 0]);
    close(weights, [0.871576, 0.490261]);
  });

  test("is zero where no anchor is similar", async () => {
    const { directions } = await rows(square, [[-0.6, -0.8]]);
    close(directions, [0, 0]);
  });
});

describe.each(METHODS)("the score by %s", (method) => {
  const queries = randomAnchors(3, 92);
  const [images, texts] = [queries.map((one) => one.image), queries.map((one) => one.text)];

  test("is what its definition says, for any number of anchors, filter, k and p", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 140 }),
        fc.constantFrom(1, 2, 3),
        anyNegatives,
        fc.boolean(),
        async (count, seed, k, p, negatives, filtered) => {
          const anchors = randomAnchors(count, seed);
          const view = await viewOf(anchors);
          const memory = ({ id }: { readonly id: string }): boolean => !filtered || !id.endsWith("3");
          const allow = view.bitmap(memory);
          const given = settings(k, p, { negatives, ...(filtered ? { allow } : {}) });
          const found = await scoreByMethod(view, method, flat(images), flat(texts), given);
          const kept = anchors.filter(memory);
          const references = referencesOf(view, filtered ? allow : undefined);
          const expected = naiveLocalScores(kept, images, texts, { k, p, negatives, method, references });
          expect(found).toHaveLength(expected.length);
          // A deviation over two or three references may be small, and enlarges what float32 leaves open.
          const tolerance = references.length < 8 ? 0.05 : 2e-3;
          found.forEach((score, i) => {
            const wanted = expected[i] ?? NaN;
            expect(Math.abs(score - wanted)).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted)));
          });
        },
      ),
      { numRuns: 12 },
    );
  });

  test.each(["center", "whiten"] as const)("is that of transformed vectors with %s", async (transform) => {
    const anchors = randomAnchors(120, 5);
    const view = await viewOf(anchors);
    const show = {
      image: naiveTransform(anchors, "image", transform),
      text: naiveTransform(anchors, "text", transform),
    };
    const shown = anchors.map(({ id, ...sides }) => ({
      id,
      image: show.image(sides.image),
      text: show.text(sides.text),
    }));
    const given = settings(30, 2, { transform });
    const found = await scoreByMethod(view, method, flat(images), flat(texts), given);
    const references = referencesOf(view);
    const expected = naiveLocalScores(shown, images.map(show.image), texts.map(show.text), {
      ...{ k: 30, p: 2, method, references },
    });
    found.forEach((score, i) => expect(Math.abs(score - (expected[i] ?? NaN))).toBeLessThan(0.02));
  });

  test("does not change when both sides are rotated", async () => {
    const anchors = randomAnchors(60, 6);
    const turned = (row: readonly number[]): number[] => {
      const [cos, sin] = [Math.cos(1), Math.sin(1)];
      const [a = 0, b = 0, ...rest] = row;
      return [cos * a - sin * b, sin * a + cos * b, ...rest].reverse();
    };
    const rotated = anchors.map(({ id, ...sides }) => ({
      id,
      image: turned(sides.image),
      text: turned(sides.text),
    }));
    const given = settings(30, 2);
    const plain = await scoreByMethod(await viewOf(anchors), method, flat(images), flat(texts), given);
    const found = await scoreByMethod(
      await viewOf(rotated),
      method,
      flat(images.map(turned)),
      flat(texts.map(turned)),
      given,
    );
    close(found, [...plain], 4);
  });

  test("does not depend on which other texts and images are asked about", async () => {
    const view = await viewOf(randomAnchors(90, 7));
    const given = settings(30, 2);
    const all = await scoreByMethod(view, method, flat(images), flat(texts), given);
    for (const [i, x] of images.entries())
      for (const [j, t] of texts.entries())
        expect(await scoreByMethod(view, method, flat([x]), flat([t]), given)).toEqual(
          all.slice(i * 3 + j, i * 3 + j + 1),
        );
  });

  test("is the same after a deletion as if the anchor had never been there, bit for bit", async () => {
    const anchors = randomAnchors(150, 8);
    const gone = anchors.filter((_, i) => i % 7 === 3);
    const space = await openWith(anchors);
    const given = settings(40, 2);
    const score = (view: AnchorView) => scoreByMethod(view, method, flat(images), flat(texts), given);
    const before = await score(space.view());
    space.apply({ sequence: 2 as Sequence, upserts: [], deletes: gone.map(({ id }) => idOf(id)) });
    const after = await score(space.view());
    const never = await score(await viewOf(anchors.filter((anchor) => !gone.includes(anchor))));
    expect(after).toEqual(never);
    expect(after).not.toEqual(before);
    const allow = space.view().bitmap(() => true);
    expect(await scoreByMethod(space.view(), method, flat(images), flat(texts), { ...given, allow })).toEqual(
      never,
    );
  });

  test("is the same after each of several writes as by a memory that was filled at once, bit for bit", async () => {
    const anchors = randomAnchors(200, 21);
    const space = await openWith(anchors.slice(0, 150));
    const given = settings(40, 2);
    const score = (view: AnchorView) => scoreByMethod(view, method, flat(images), flat(texts), given);
    for (let written = 150, sequence = 2; written < 200; written += 25, sequence++) {
      await score(space.view());
      const some = anchors.slice(written, written + 25);
      space.apply({ sequence: sequence as Sequence, upserts: upsertsOf(some), deletes: [] });
      expect(await score(space.view())).toEqual(await score(await viewOf(anchors.slice(0, written + 25))));
    }
  });

  test("is finite where all anchors are the same, and where there is none", async () => {
    const anchors = randomAnchors(1, 9).flatMap((one) =>
      Array.from({ length: 30 }, (_, i) => ({ ...one, id: `${i}` })),
    );
    const given = settings(10, 2);
    const found = await scoreByMethod(await viewOf(anchors), method, flat(images), flat(texts), given);
    expect(found.every(Number.isFinite)).toBe(true);
    const none = await openWith([]);
    const empty = await scoreByMethod(none.view(), method, new Float32Array(6), new Float32Array(10), given);
    expect([...empty]).toEqual([0, 0]);
  });
});

describe.each(METHODS)("the contributions by %s", (method) => {
  const anchors = randomAnchors(140, 11);
  const images = randomAnchors(4, 12).map((one) => one.image);
  const classes = [3, 33, 63].map((at) => [text(anchors, at), text(anchors, at + 5)]);
  const asked = (more: Partial<ClassifyInput> = {}, given: AsifSettings = settings(40, 2)): ClassifyInput =>
    ask(images, classes, { explain: { top: 1_000 }, settings: given, ...more });

  test.each(["max", "mean"] as const)(
    "add up to the score and the offset, with %s of several prompts",
    async (ensemble) => {
      const view = await viewOf(anchors);
      for (const result of await classify(view, method, asked({ ensemble }))) {
        const sum = (result.explanation ?? []).reduce((total, { contribution }) => total + contribution, 0);
        expect(result.offset).toBeDefined();
        expect(sum - (result.offset ?? NaN)).toBeCloseTo(result.classes[0]?.score ?? NaN, 6);
        expect(result.support).toBeGreaterThan(0);
      }
    },
  );

  test("add up with what is not listed, and to the difference from the runner-up, in groups as well", async () => {
    const space = await openWith([]);
    space.apply({
      sequence: 2 as Sequence,
      upserts: anchors.map(({ id, image: x, text: t }, i) => ({
        id: idOf(id),
        caption: id,
        metadata: { owner: i % 3 === 0 ? "ann" : "bob" },
        imageVector: Float32Array.from(x.slice(0, 6)),
        textVector: Float32Array.from(t.slice(0, 5)),
      })),
      deletes: [],
    });
    const given = ask(
      images.map((x) => x.slice(0, 6)),
      classes.map((prompts) => prompts.map((t) => t.slice(0, 5))),
      { settings: settings(40, 2), explain: { top: 2, groupBy: "owner", against: "runner-up" } },
    );
    const sumOf = (parts: readonly { readonly contribution: number }[] = []): number =>
      parts.reduce((sum, { contribution }) => sum + contribution, 0);
    for (const { classes: ranked, ...result } of await classify(space.view(), method, given)) {
      const score = ranked[0]?.score ?? NaN;
      const offset = result.offset ?? NaN;
      expect(result.explanation).toHaveLength(2);
      expect(sumOf(result.explanation) + (result.others?.contribution ?? NaN) - offset).toBeCloseTo(score, 6);
      expect(sumOf(result.groups) - offset).toBeCloseTo(score, 6);
      const against = result.against;
      const differences = (against?.anchors ?? []).reduce((sum, { difference }) => sum + difference, 0);
      expect(differences + (against?.others.difference ?? NaN)).toBeCloseTo(
        score - (ranked[1]?.score ?? NaN),
        6,
      );
    }
  });

  test("name the cosines of the anchor with both sides", async () => {
    const view = await viewOf(anchors);
    const [result] = await classify(
      view,
      method,
      ask([image(anchors, 5)], [[text(anchors, 5)]], { explain: { top: 1_000 }, settings: settings(40, 2) }),
    );
    const own = result?.explanation?.find(({ anchor }) => anchor === "anchor-5");
    expect(own?.imageSimilarity).toBeCloseTo(1, 5);
    expect(own?.textSimilarity).toBeCloseTo(1, 5);
  });

  test("are those of remembered classes to the last bit", async () => {
    const view = await viewOf(anchors);
    const cache = createRepresentationCache();
    const input = asked({ ensemble: "mean" });
    const first = await classifyByMethod(view, input, { method }, cache);
    expect(await classifyByMethod(view, input, { method }, cache)).toEqual(first);
    expect(await classify(view, method, input)).toEqual(first.results);
  });
});

describe("the reference captions", () => {
  test("are half of the anchors, at most 512, and change by no more than what is written", async () => {
    const anchors = randomAnchors(1_200, 13, { image: 3, text: 3 });
    const draw = async (some: readonly NaiveAnchor[]): Promise<string[]> => referencesOf(await viewOf(some));
    const all = await draw(anchors);
    expect(new Set(all).size).toBe(512);
    expect(await draw(anchors.slice(0, 7))).toHaveLength(3);
    const without = await draw(anchors.filter(({ id }) => id !== all[10]));
    expect(without.filter((id) => !all.includes(id))).toHaveLength(1);
    expect(all.filter((id) => !without.includes(id))).toEqual([all[10]]);
  });
});
