import { afterAll, describe, expect, it } from "vitest";
import { transformText } from "../../../src/api/transforms.ts";
import { createFoldMemories, dealFolds } from "../../../src/asif/index.ts";
import { askGrid, openFold } from "../../../src/features/tuning/answer.ts";
import {
  askPowers,
  AUTO_POWERS,
  combinedPowers,
  powerSteps,
  transformOfPowers,
} from "../../../src/features/tuning/powers.ts";
import { closeKernels } from "../../../src/retrieval/index.ts";
import { conceptAnchors, viewOf } from "../../support/concept-anchors.ts";

afterAll(closeKernels);

const dealing = { folds: 2, repeats: 1, seed: 1, classes: 40, questions: 60 };

const opened = async (classes: number) => {
  const view = await viewOf(conceptAnchors(classes, 2, { shift: 2 }));
  const [fold] = dealFolds(view, dealing);
  if (fold === undefined) throw new Error("there is no fold");
  const memories = createFoldMemories(view);
  return { fold: openFold(view, fold, await memories.open(fold)), close: memories.close };
};

describe("the ranks through other powers than those of auto", () => {
  it("are those of a transform that is fitted to these powers", async () => {
    const { fold, close } = await opened(80);
    const variants = [
      { image: 1, text: 0.6, rank: "auto" as const },
      { image: 0.5, text: 1, rank: "auto" as const },
    ];
    const found = new Map<string, readonly number[]>();
    const isWhitened = await askPowers(
      fold,
      variants,
      { ks: [10, 40], ps: [1.5, 3] },
      (powers, k, p, ranks) =>
        found.set([transformText(transformOfPowers(powers)), k, p].join(" "), [...ranks]),
    );
    expect(isWhitened).toBe(true);
    expect(found.size).toBe(8);
    for (const powers of variants) {
      const transform = transformOfPowers(powers);
      await askGrid(fold, { method: "asif", transform }, [10, 40], [1.5, 3], (k, p, ranks) => {
        const ours = found.get([transformText(transform), k, p].join(" ")) ?? [];
        const moved = [...ranks].filter((rank, i) => Math.abs(rank - (ours[i] ?? NaN)) > 1);
        expect(moved.length).toBeLessThanOrEqual(ranks.length / 20);
      });
    }
    close();
  });

  it("are not asked for where auto does not whiten", async () => {
    const { fold, close } = await opened(80);
    const few = await viewOf(conceptAnchors(8, 2));
    const asked = await askPowers({ ...fold, view: few }, [AUTO_POWERS], { ks: [5], ps: [2] }, () => {
      throw new Error("was asked");
    });
    expect(asked).toBe(false);
    close();
  });
});

describe("the powers that are tried", () => {
  it("change one side or the rank, within the directions that there are", () => {
    const steps = powerSteps(200);
    expect(steps.every(({ rank }) => rank === "auto" || rank < 200)).toBe(true);
    for (const step of steps)
      expect(
        Object.entries(step).filter(
          ([name, value]) => AUTO_POWERS[name as keyof typeof AUTO_POWERS] !== value,
        ),
      ).toHaveLength(1);
  });

  it("are put together from the best of each alone, and not tried twice", () => {
    const measured = { top1: 0, top5: 0, top10: 0 };
    const trial = (powers: Partial<typeof AUTO_POWERS>, meanReciprocalRank: number) => ({
      ...{
        method: "asif" as const,
        transform: transformOfPowers({ ...AUTO_POWERS, ...powers }),
        k: 10,
        p: 2,
      },
      ...{ ...measured, meanReciprocalRank, spread: { ...measured, meanReciprocalRank: 0 } },
    });
    const some = [
      trial({}, 0.5),
      trial({ image: 1 }, 0.6),
      trial({ text: 0.8 }, 0.55),
      trial({ image: 0.5 }, 0.4),
    ];
    expect(combinedPowers(some, "meanReciprocalRank")).toEqual([{ image: 1, text: 0.8, rank: "auto" }]);
    expect(combinedPowers([trial({}, 0.5), trial({ image: 1 }, 0.6)], "meanReciprocalRank")).toEqual([]);
    expect(combinedPowers([], "meanReciprocalRank")).toEqual([]);
  });
});
