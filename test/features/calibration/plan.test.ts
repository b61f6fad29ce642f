import { describe, expect, it } from "vitest";
import { planCalibration } from "../../../src/features/calibration/index.ts";
import { conceptAnchors, viewOf } from "../../support/concept-anchors.ts";

const SCORING = { method: "asif", ensemble: "max", k: 10, p: 2, transform: "none" } as const;
const OPTIONS = { images: 1_000, seed: 0 };

describe("a calibration's plan", () => {
  it("asks every class for its images where nothing is left out", async () => {
    const { folds } = planCalibration(await viewOf(conceptAnchors(40, 2)), SCORING, OPTIONS);
    expect(folds.map(({ images }) => images.length)).toEqual([16, 16, 16, 16, 16]);
  });

  it.each([0, 1])(
    "is refused where a filter leaves questions of half %i alone: one half fits, the other tests",
    async (half) => {
      const view = await viewOf(conceptAnchors(40, 2));
      const { folds } = planCalibration(view, SCORING, OPTIONS);
      const allow = new Uint8Array(view.slotCount);
      for (const { images, truths } of folds)
        images.forEach((slot, i) => (allow[slot] = (truths[i] ?? 0) % 2 === half ? 1 : 0));
      expect(() => planCalibration(view, SCORING, { ...OPTIONS, allow })).toThrow(
        expect.objectContaining({ code: "invalid-input" }) as Error,
      );
    },
  );

  it("keeps to what a filter lets through", async () => {
    const view = await viewOf(conceptAnchors(40, 2));
    const allow = view.bitmap(({ id }) => id.endsWith("-1"));
    const { folds } = planCalibration(view, SCORING, { ...OPTIONS, allow });
    for (const { images, memory, truths } of folds) {
      expect([...images, ...memory].every((slot) => allow[slot] === 1)).toBe(true);
      expect(truths).toHaveLength(images.length);
    }
  });
});
