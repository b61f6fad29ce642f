import { afterAll, describe, expect, test } from "vitest";
import { classifyByMethod, createRepresentationCache } from "../../../src/asif/index.ts";
import {
  localImages,
  localTexts,
  openFrame,
  openScales,
  openLocalScorer,
  type LocalMethod,
} from "../../../src/asif/local/index.ts";
import { influence } from "../../../src/features/influence/influence.ts";
import { closeKernels, type AnchorView, type Slot } from "../../../src/retrieval/index.ts";
import { ask, image, text } from "../../asif/ask.ts";
import { randomAnchors, settings, viewOf } from "../../support/anchor-space.ts";

afterAll(closeKernels);

const ANCHORS = randomAnchors(260, 61);
const IMAGES = randomAnchors(5, 62).map((one) => one.image);
const CLASSES = [3, 33, 63].map((at) => [text(ANCHORS, at), text(ANCHORS, at + 1)]);

/** The scores without an anchor by whole new regressions, the scales of all anchors kept. */
const rerun = async (view: AnchorView, method: LocalMethod, input: ReturnType<typeof ask>, slot: Slot) => {
  const sizes = input.ensemble === "mean" ? input.classes.map(({ prompts }) => prompts) : undefined;
  const before = await openFrame(view, method, input.settings);
  const scales = await openScales(before);
  const whole = await localImages(before, input.images);
  const left = view.bitmap(() => true);
  left[slot] = 0;
  const frame = await openFrame(view, method, { ...input.settings, allow: left });
  const [images, texts] = [
    await localImages(frame, input.images),
    await localTexts(frame, input.prompts, sizes),
  ];
  const score = openLocalScorer(view.slotCount);
  const all: Float64Array[] = [];
  for (const i of IMAGES.keys()) {
    const scores = new Float64Array(texts.count);
    score(images, i, texts, await scales(whole, i), scores);
    all.push(scores);
  }
  return all;
};

describe.each(["local", "asif+local"] as const)("the influence of an anchor by %s", (method) => {
  test.each(["max", "mean"] as const)(
    "is what solving the regressions without it says, with the ensemble %s",
    async (ensemble) => {
      const view = await viewOf(ANCHORS);
      const input = ask(IMAGES, CLASSES, { ensemble, settings: settings(40, 2) });
      const found = await influence(view, { ...input, limit: 1_000 }, method);
      const { results } = await classifyByMethod(view, input, { method }, createRepresentationCache());
      found.images.forEach(({ name, score }, i) => {
        expect(name).toBe(results[i]?.classes[0]?.name);
        expect(score).toBeCloseTo(results[i]?.classes[0]?.score ?? NaN, 6);
      });
      for (const { anchor, meanChange } of [
        found.anchors[0],
        found.anchors[20],
        found.anchors.at(-1),
      ].flatMap((one) => one ?? [])) {
        const slot = view.slotOf(anchor) ?? -1;
        const scores = await rerun(view, method, input, slot);
        const changes = found.images.map(({ name, score }, i) => {
          const own = scores[i] ?? new Float64Array();
          const at = Number(name);
          const after =
            ensemble === "mean" ? (own[at] ?? NaN) : Math.max(own[2 * at] ?? NaN, own[2 * at + 1] ?? NaN);
          return Math.abs(after - score);
        });
        expect(meanChange).toBeCloseTo(changes.reduce((a, b) => a + b, 0) / changes.length, 6);
      }
    },
  );

  test("is none where the anchor is no neighbour of an image or a prompt", async () => {
    const view = await viewOf(ANCHORS);
    const input = ask([image(ANCHORS, 7)], [[text(ANCHORS, 7)]], { settings: settings(40, 2) });
    const found = await influence(view, { ...input, limit: 1_000 }, method);
    expect(found.supporting).toBeLessThan(ANCHORS.length);
    expect(found.anchors.length).toBeLessThanOrEqual(found.supporting);
    expect(found.anchors.every(({ meanChange }) => meanChange > 0)).toBe(true);
  });
});
