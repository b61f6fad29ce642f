import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { classify, type ClassifyInput } from "../../src/asif/index.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import { cosine, naiveRelative } from "../support/naive-asif.ts";
import { innerProduct } from "../support/naive-index.ts";
import { ask, ensembles, exactClasses, image, text } from "./ask.ts";
import {
  anyK,
  anyP,
  exactAnchors,
  exactImage,
  randomAnchors,
  settings,
  viewOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

describe("an explanation", () => {
  const explained = async (view: AnchorView, input: ClassifyInput) => {
    const [result] = await classify(view, input);
    return { best: result?.classes[0], parts: result?.explanation ?? [] };
  };

  test("adds up to the score, by either ensemble", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40),
        exactImage,
        exactClasses,
        ensembles,
        anyK,
        anyP,
        async (anchors, x, classes, ensemble, k, p) => {
          const input = ask([x], classes, { ensemble, explain: 1_000, settings: settings(k, p) });
          const { best, parts } = await explained(await viewOf(anchors), input);
          const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
          expect(sum).toBeCloseTo(best?.score ?? NaN, 12);
          // The strongest come first, be they for or against.
          const strengths = parts.map(({ contribution }) => Math.abs(contribution));
          expect(strengths).toEqual(strengths.toSorted((a, b) => b - a));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("names each anchor with its caption, its share and its cosines, the strongest first", async () => {
    const anchors = randomAnchors(70, 12);
    const x = image(randomAnchors(1, 13), 0);
    const prompts = [text(anchors, 8), text(anchors, 20)];
    const given = { k: 15, p: 2 };
    for (const ensemble of ["max", "mean"] as const) {
      const input = ask([x], [prompts], { ensemble, explain: 1_000, settings: settings(15, 2) });
      const { parts } = await explained(await viewOf(anchors), input);
      expect(parts.length).toBeGreaterThan(2);
      const imageRow = naiveRelative(anchors, "image", x, given);
      const textRows = prompts.map((prompt) => naiveRelative(anchors, "text", prompt, given));
      const scores = textRows.map((row) => innerProduct(row, imageRow));
      const best = scores.indexOf(Math.max(...scores));
      for (const part of parts) {
        const at = anchors.findIndex(({ id }) => id === part.anchor);
        const anchor = anchors[at];
        expect(part.text).toBe(`caption of ${part.anchor}`);
        expect(part.imageSimilarity).toBeCloseTo(cosine(anchor?.image ?? [], x), 5);
        const cosines = prompts.map((prompt) => cosine(anchor?.text ?? [], prompt));
        const kept = cosines.filter((_, i) => textRows[i]?.[at] !== 0);
        const expected = ensemble === "max" ? (cosines[best] ?? NaN) : Math.max(...kept);
        expect(part.textSimilarity).toBeCloseTo(expected, 5);
        if (ensemble === "max") {
          expect(part.contribution).toBeCloseTo((imageRow[at] ?? 0) * (textRows[best]?.[at] ?? 0), 5);
        }
      }
      const strengths = parts.map(({ contribution }) => Math.abs(contribution));
      expect(strengths).toEqual(strengths.toSorted((a, b) => b - a));
      const { parts: two } = await explained(await viewOf(anchors), { ...input, explain: 2 });
      expect(two).toEqual(parts.slice(0, 2));
    }
  });

  test("is left out where none is asked for", async () => {
    const anchors = randomAnchors(5, 14);
    const [result] = await classify(await viewOf(anchors), ask([image(anchors, 0)], [[text(anchors, 0)]]));
    expect(result).not.toHaveProperty("explanation");
  });
});
