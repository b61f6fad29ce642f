import { describe, expect, it } from "vitest";
import { dealFolds, type Fold } from "../../src/asif/index.ts";
import type { AnchorView } from "../../src/retrieval/index.ts";
import { conceptAnchors, viewOf } from "../support/concept-anchors.ts";

const dealing = { folds: 4, repeats: 1, seed: 3, classes: 100, questions: 100 };
const captionsOf = (view: AnchorView, slots: Iterable<number>): (string | null)[] =>
  Array.from(slots, (slot) => view.entry(slot).caption);

describe("folds", () => {
  it("hold a class out with all its anchors, and no class twice", async () => {
    const view = await viewOf(conceptAnchors(22, 3));
    const folds = dealFolds(view, dealing);
    expect(folds).toHaveLength(4);
    const held = folds.map(({ images }) => new Set(captionsOf(view, images)));
    for (const [i, fold] of folds.entries()) {
      expect(held[i]?.size).toBe(5);
      expect(fold.images).toHaveLength(15);
      expect(fold.memory).toHaveLength(66 - 15);
      expect(captionsOf(view, fold.memory).some((caption) => held[i]?.has(caption))).toBe(false);
    }
    expect(new Set(held.flatMap((captions) => [...captions])).size).toBe(20);
  });

  it("ask for the caption of each image among those held out", async () => {
    const view = await viewOf(conceptAnchors(20, 2));
    for (const { images, truths, prompts, sizes } of dealFolds(view, dealing)) {
      expect(sizes).toEqual(Array.from({ length: 5 }, () => 1));
      const classes = captionsOf(view, prompts);
      expect(captionsOf(view, images)).toEqual(Array.from(truths, (truth) => classes[truth]));
    }
  });

  it("are the same for the same seed and others for another, whatever the order of writing", async () => {
    const anchors = conceptAnchors(30, 2);
    const [view, other] = [await viewOf(anchors), await viewOf([...anchors].reverse())];
    const shape = (of: AnchorView, folds: readonly Fold[]) =>
      folds.map(({ images }) => Array.from(images, (slot) => of.entry(slot).id));
    expect(shape(other, dealFolds(other, dealing))).toEqual(shape(view, dealFolds(view, dealing)));
    expect(shape(view, dealFolds(view, { ...dealing, seed: 4 }))).not.toEqual(
      shape(view, dealFolds(view, dealing)),
    );
  });

  it("are dealt anew in every repeat", async () => {
    const view = await viewOf(conceptAnchors(24, 1));
    const folds = dealFolds(view, { ...dealing, repeats: 2 });
    expect(folds).toHaveLength(8);
    expect(folds[4]?.images).not.toEqual(folds[0]?.images);
  });

  it("ask about every class before any is asked about again", async () => {
    const view = await viewOf(conceptAnchors(20, 4));
    const [fold] = dealFolds(view, { ...dealing, questions: 7 });
    expect(fold?.images).toHaveLength(7);
    expect(new Set(fold?.truths.slice(0, 5)).size).toBe(5);
    // What is not asked about is held out all the same.
    expect(fold?.memory).toHaveLength(80 - 20);
  });

  it("take a metadata field's values for classes, with each distinct caption as a prompt", async () => {
    const anchors = conceptAnchors(44, 2).map((anchor, i) => ({
      ...anchor,
      metadata: i < 4 ? {} : { pair: Math.floor(i / 4) },
    }));
    const view = await viewOf(anchors);
    const folds = dealFolds(view, { ...dealing, folds: 2, by: "pair" });
    expect(folds[0]?.sizes).toHaveLength(10);
    expect(folds[0]?.sizes.every((size) => size === 2)).toBe(true);
  });

  it.each([
    ["no anchors", [], undefined],
    ["one anchor", conceptAnchors(1, 1), undefined],
    ["equal captions", conceptAnchors(30, 1).map((anchor) => ({ ...anchor, caption: "x" })), undefined],
    ["no captions", conceptAnchors(30, 1).map((anchor) => ({ ...anchor, caption: null })), undefined],
    ["an unknown field", conceptAnchors(30, 1), "colour"],
  ])("refuse %s", async (_, anchors, by) => {
    const view = await viewOf(anchors);
    expect(() => dealFolds(view, { ...dealing, ...(by === undefined ? {} : { by }) })).toThrow(
      expect.objectContaining({
        code: "unprocessable",
        message: expect.stringMatching(/at least 20/) as string,
      }) as Error,
    );
  });
});
