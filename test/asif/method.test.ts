import { afterAll, describe, expect, test } from "vitest";
import { METHODS, type Member, type Method } from "../../src/api/methods.ts";
import { scoreByMethod } from "../../src/asif/index.ts";
import { closeKernels, openAnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import { randomAnchors, settings, viewOf } from "../support/anchor-space.ts";
import { naiveCsa, naiveOrthogonal, naiveRidge, type NaiveMaps } from "../support/naive-alignment.ts";
import { naiveRelative, naiveScore, type NaiveAnchor } from "../support/naive-asif.ts";
import { innerProduct } from "../support/naive-index.ts";

afterAll(closeKernels);

const ANCHORS = randomAnchors(60, 1);
const QUERIES = randomAnchors(6, 2);
const ALL = settings(30, 2);
/** As the code that serves them has it. */
const RIDGE = { csa: 0.2, ridge: 0.03 };

const flat = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());
const IMAGES = flat(QUERIES.map(({ image }) => image));
const TEXTS = flat(QUERIES.map(({ text }) => text));

const score = (view: AnchorView, method: Method, more = {}) =>
  scoreByMethod(view, method, IMAGES, TEXTS, { ...ALL, ...more });

const naive = (maps: (images: number[][], texts: number[][]) => NaiveMaps): number[] => {
  const made = maps(
    ANCHORS.map(({ image }) => [...image]),
    ANCHORS.map(({ text }) => [...text]),
  );
  return QUERIES.flatMap(({ image }) => QUERIES.map(({ text }) => made.score(image, text)));
};

const expectClose = (scores: Float64Array, expected: readonly number[]): void => {
  expect(scores).toHaveLength(expected.length);
  scores.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 3));
};

describe("the score by", () => {
  test("csa is the weighted cosine of so many canonical directions", async () => {
    const view = await viewOf(ANCHORS);
    for (const rank of [1, 4, 10])
      expectClose(
        await score(view, "csa", { rank }),
        naive((x, y) => naiveCsa(x, y, RIDGE.csa, rank)),
      );
    expect(await score(view, "csa")).toEqual(await score(view, "csa", { rank: 10 }));
  });

  test("orthogonal is the inner product after the orthogonal map", async () => {
    expectClose(await score(await viewOf(ANCHORS), "orthogonal"), naive(naiveOrthogonal));
  });

  test("ridge is the cosine with the text that the image predicts", async () => {
    expectClose(
      await score(await viewOf(ANCHORS), "ridge"),
      naive((x, y) => naiveRidge(x, y, RIDGE.ridge)),
    );
  });

  test("asif-csa is that of anchors which are their canonical directions", async () => {
    const rank = 5;
    const maps = naiveCsa(
      ANCHORS.map(({ image }) => [...image]),
      ANCHORS.map(({ text }) => [...text]),
      RIDGE.csa,
      rank,
    );
    const mapped = ({ id, image, text }: NaiveAnchor): NaiveAnchor => ({
      id,
      image: maps.image(image),
      text: maps.text(text),
    });
    const anchors = ANCHORS.map(mapped);
    const queries = QUERIES.map(mapped);
    const expected = queries.flatMap(({ image }) =>
      queries.map(({ text }) => naiveScore(anchors, image, text, { k: 30, p: 2 })),
    );
    expectClose(await score(await viewOf(ANCHORS), "asif-csa", { rank }), expected);
  });

  const standardized = (scores: Float64Array, columns: number, reference = scores): number[] => {
    const rows = scores.length / columns;
    const width = reference.length / rows;
    return Array.from({ length: rows }, (_, i) => {
      const others = Array.from(reference.subarray(i * width, (i + 1) * width));
      const mean = others.reduce((a, b) => a + b, 0) / width;
      const deviation = Math.sqrt(others.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width);
      return Array.from(
        scores.subarray(i * columns, (i + 1) * columns),
        (value) => (value - mean) / deviation,
      );
    }).flat();
  };
  const summed = (parts: readonly (readonly number[])[]): number[] =>
    parts[0]?.map((_, i) => parts.reduce((sum, part) => sum + (part[i] ?? 0), 0)) ?? [];
  const members = ["asif", "ridge"] as const;

  test("a consensus is the sum of its members', each of mean 0 and deviation 1 over an image's texts", async () => {
    const view = await viewOf(ANCHORS);
    const many = flat(randomAnchors(40, 3).map(({ text }) => text));
    const parts: number[][] = [];
    for (const member of members)
      parts.push(standardized(await scoreByMethod(view, member, IMAGES, many, ALL), 40));
    expectClose(await scoreByMethod(view, "consensus", IMAGES, many, { ...ALL, members }), summed(parts));
  });

  test("a consensus over few texts is measured against the anchors' own, each without the anchor itself", async () => {
    const view = await viewOf(ANCHORS);
    const captions = view.vectors("text", view.liveSlots());
    const asif = QUERIES.flatMap(({ image }) =>
      ANCHORS.map((self) =>
        innerProduct(
          naiveRelative(ANCHORS, "image", image, ALL),
          naiveRelative(ANCHORS, "text", self.text, { ...ALL, memory: (anchor) => anchor !== self }),
        ),
      ),
    );
    const [byAsif, byRidge] = [await score(view, "asif"), await score(view, "ridge")];
    expectClose(
      await score(view, "consensus", { members }),
      summed([
        standardized(byAsif, 6, Float64Array.from(asif)),
        standardized(byRidge, 6, await scoreByMethod(view, "ridge", IMAGES, captions, ALL)),
      ]),
    );
  });

  test("a consensus tells one class from the usual, which its own scores alone could not", async () => {
    const view = await viewOf(ANCHORS);
    const [own, other] = [TEXTS.subarray(0, 10), TEXTS.subarray(10, 20)];
    const image = IMAGES.subarray(0, 12);
    const [one] = await scoreByMethod(view, "consensus", image, own, ALL);
    const both = await scoreByMethod(view, "consensus", image, Float32Array.from([...own, ...other]), ALL);
    expect(one).toBeCloseTo(both[0] ?? NaN, 5);
    expect(one).not.toBe(0);
  });
});

describe.each(METHODS)("%s", (method) => {
  test("scores 0 where there is nothing to go by: no anchors, one (but asif and local), or none that is allowed", async () => {
    const zeros = new Float64Array(36);
    expect(await score(await emptyView(), method)).toEqual(zeros);
    if (!["asif", "local", "asif+local", "consensus"].includes(method))
      expect(await score(await viewOf(ANCHORS.slice(0, 1)), method)).toEqual(zeros);
    const view = await viewOf(ANCHORS);
    expect(await score(view, method, { allow: new Uint8Array(view.slotCount) })).toEqual(zeros);
  });

  test("is defined for two anchors, k beyond them, and texts that are all the same", async () => {
    const view = await viewOf(ANCHORS.slice(0, 2));
    const scores = await score(view, method, { k: 1_000 });
    expect(scores.every((value) => Number.isFinite(value))).toBe(true);
    const same = flat(QUERIES.map(() => QUERIES[0]?.text ?? []));
    const equal = await scoreByMethod(await viewOf(ANCHORS), method, IMAGES, same, ALL);
    for (let row = 0; row < 6; row++)
      for (let i = 1; i < 6; i++) expect(equal[row * 6 + i]).toBeCloseTo(equal[row * 6] ?? NaN, 5);
  });

  test("by some anchors is that of a collection of these alone", async () => {
    const isIn = (id: string): boolean => Number(id.split("-")[1]) % 4 > 0;
    const view = await viewOf(ANCHORS);
    const allow = view.bitmap(({ id }) => isIn(id));
    const alone = await viewOf(ANCHORS.filter(({ id }) => isIn(id)));
    const [some, only] = [await score(view, method, { allow }), await score(alone, method)];
    some.forEach((value, i) => expect(value).toBeCloseTo(only[i] ?? NaN, 5));
  });

  test("does not depend on the order in which anchors came", async () => {
    const [one, other] = [await viewOf(ANCHORS), await viewOf([...ANCHORS].reverse())];
    const [a, b] = [await score(one, method), await score(other, method)];
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i] ?? NaN, 5));
  });
});

test("a consensus over one text and no anchors says nothing", async () => {
  const text = TEXTS.subarray(0, 10);
  expect(await scoreByMethod(await emptyView(), "consensus", IMAGES, text, ALL)).toEqual(new Float64Array(6));
});

const emptyView = async (): Promise<AnchorView> => {
  const space = await openAnchorSpace({ imageDimension: 12, textDimension: 10, transform: "none" });
  return space.view();
};

test("refuses a method, or a member of a consensus, that nothing scores by", async () => {
  const view = await viewOf(ANCHORS);
  const unknown = "constructor" as Method;
  await expect(scoreByMethod(view, unknown, IMAGES, TEXTS, ALL)).rejects.toThrow("There is no method");
  const members = [unknown as Member];
  await expect(scoreByMethod(view, "consensus", IMAGES, TEXTS, { ...ALL, members })).rejects.toThrow(
    "There is no method",
  );
});
