import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { scoreByMethod, type AsifSettings } from "../../src/asif/index.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import { cosine, naiveScore } from "../support/naive-asif.ts";
import { exactImages, expectClose, flat, image, text } from "./ask.ts";
import {
  anyK,
  anyP,
  exactAnchors,
  exactText,
  randomAnchors,
  settings,
  viewOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

const similarity = (view: AnchorView, images: Float32Array, texts: Float32Array, asked: AsifSettings) =>
  scoreByMethod(view, "asif", images, texts, asked);

describe("the similarity of images and texts", () => {
  test("is the inner product of their dense representations, in [-1, 1]", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40),
        exactImages,
        fc.array(exactText, { minLength: 1, maxLength: 4 }),
        anyK,
        anyP,
        async (anchors, images, texts, k, p) => {
          const view = await viewOf(anchors);
          const found = await similarity(view, flat(images), flat(texts), settings(k, p));
          const expected = images.flatMap((x) => texts.map((y) => naiveScore(anchors, x, y, { k, p })));
          expectClose(Array.from(found), expected, 1e-12);
          for (const score of found) expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("for k of all anchors and p = 1, negative similarities kept, is cross-covariance matching, computed densely", async () => {
    const anchors = randomAnchors(120, 1);
    const [x, y] = [image(randomAnchors(3, 2), 0), text(randomAnchors(3, 2), 1)];
    const [found] = await similarity(
      await viewOf(anchors),
      flat([x]),
      flat([y]),
      settings(120, 1, { negatives: "keep" }),
    );
    const onImages = anchors.map((anchor) => cosine(anchor.image, x));
    const onTexts = anchors.map((anchor) => cosine(anchor.text, y));
    expect(found).toBeCloseTo(cosine(onImages, onTexts), 6);
  });

  test("is 1 where the same anchors are as similar to both", async () => {
    const twins = randomAnchors(50, 3).map((anchor) => ({ ...anchor, text: anchor.image }));
    const query = image(twins, 9);
    const [found] = await similarity(await viewOf(twins), flat([query]), flat([query]), settings(20, 8));
    expect(found).toBeCloseTo(1, 12);
  });

  test("is 0 where they have no anchor in common", async () => {
    const anchors = [
      { id: "a", image: [1, 0], text: [0, 1] },
      { id: "b", image: [0, 1], text: [1, 0] },
    ];
    const found = await similarity(await viewOf(anchors), flat([[1, 0.1]]), flat([[1, 0.1]]), settings(1, 2));
    expect([...found]).toEqual([0]);
  });
});
