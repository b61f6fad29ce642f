import { describe, expect, it } from "vitest";
import { METHODS } from "../../../src/api/methods.ts";
import { dealFolds } from "../../../src/asif/index.ts";
import { tune, type Choice, type TuneSettings } from "../../../src/features/tuning/index.ts";
import { conceptAnchors, viewOf, type TestAnchor } from "../../support/concept-anchors.ts";

const published: Choice = { method: "asif", k: 800, p: 8, transform: "none", rank: null, ensemble: "max" };
const settings: TuneSettings = {
  folds: 3,
  repeats: 1,
  seed: 5,
  classes: 50,
  questions: 100,
  objective: "meanReciprocalRank",
  methods: METHODS,
  transforms: ["none", "center", "whiten"],
  budgetSeconds: 600,
};

const tuned = async (
  anchors: readonly TestAnchor[],
  change: Partial<TuneSettings> = {},
  current = published,
  context: Partial<Parameters<typeof tune>[4]> = {},
) => {
  const view = await viewOf(anchors);
  const given = { ...settings, ...change };
  return tune(view, dealFolds(view, given), current, given, {
    signal: new AbortController().signal,
    progress: () => undefined,
    ...context,
  });
};

describe("tuning", () => {
  it("chooses what is best of all that it tried, and tells what the collection had before", async () => {
    const found = await tuned(conceptAnchors(60, 2, { shift: 10 }));
    expect(found).toMatchObject({ folds: 3, questions: 120, classes: 20, complete: true, seed: 5 });
    const { chosen, before, trials } = found;
    expect(chosen.meanReciprocalRank).toBe(Math.max(...trials.map((trial) => trial.meanReciprocalRank)));
    expect(chosen.meanReciprocalRank).toBe(trials[0]?.meanReciprocalRank);
    expect(before).toMatchObject(published);
    expect(chosen.top1).toBeGreaterThan(before?.top1 ?? 1);
    // Vectors far from the origin in one direction are told apart by what is left when it is taken away.
    expect(trials.find(({ method }) => method === "asif")?.transform).not.toBe("none");
    expect(new Set(trials.map(({ method }) => method))).toEqual(new Set(METHODS));
    for (const { top1, top5, top10, meanReciprocalRank, spread } of trials) {
      expect(top1).toBeLessThanOrEqual(top5);
      expect(top5).toBeLessThanOrEqual(top10);
      expect(meanReciprocalRank).toBeGreaterThan(0);
      expect(spread.top1).toBeGreaterThanOrEqual(0);
    }
  });

  it("keeps auto where nothing is surely better, and tells how far its best is from it", async () => {
    const found = await tuned(conceptAnchors(60, 2, { shift: 3 }), {
      transforms: ["none", "center", "auto"],
    });
    const { auto, best, chosen, trials } = found;
    expect(auto).not.toBeNull();
    expect(best?.meanReciprocalRank).toBe(trials[0]?.meanReciprocalRank);
    expect(auto?.difference.mean).toBeCloseTo(
      (best?.meanReciprocalRank ?? NaN) - (auto?.meanReciprocalRank ?? NaN),
      10,
    );
    expect(auto?.kept).toBe((auto?.difference.low ?? NaN) <= 0);
    expect(chosen.meanReciprocalRank).toBe((auto?.kept === true ? auto : best)?.meanReciprocalRank);
    if (auto?.kept === true) expect(chosen).toMatchObject({ method: "asif", transform: "auto" });
    expect(trials.some(({ transform }) => typeof transform === "object")).toBe(true);
  });

  it("has nothing to say of auto where that is not among what it may choose", async () => {
    expect((await tuned(conceptAnchors(40, 2))).auto).toBeNull();
    const some = { methods: ["csa"], transforms: ["auto"] } as const;
    expect((await tuned(conceptAnchors(40, 2), some)).auto).toBeNull();
  });

  it("comes to the same for the same anchors and seed", async () => {
    const anchors = conceptAnchors(40, 2);
    const [one, other] = [await tuned(anchors), await tuned([...anchors].reverse())];
    expect({ ...other, tookMs: 0 }).toEqual({ ...one, tookMs: 0 });
  });

  it("goes by the metric that it is asked for, and keeps to methods and transforms", async () => {
    const found = await tuned(conceptAnchors(40, 2), {
      objective: "top5",
      methods: ["csa"],
      transforms: ["center"],
    });
    expect(found.chosen).toMatchObject({ method: "csa", transform: "center" });
    expect(found.trials.every(({ transform }) => transform !== "whiten")).toBe(true);
    const ofCsa = found.trials.filter(({ method }) => method === "csa");
    expect(found.chosen.top5).toBe(Math.max(...ofCsa.map(({ top5 }) => top5)));
  });

  it("tries the mean of a class's prompts where classes have several", async () => {
    const anchors = conceptAnchors(60, 1).map((anchor, i) => ({
      ...anchor,
      metadata: { kind: Math.floor(i / 2) },
    }));
    const found = await tuned(anchors, { by: "kind", methods: ["asif"] });
    expect(new Set(found.trials.map(({ ensemble }) => ensemble))).toEqual(new Set(["max", "mean"]));
  });

  it("measures the first fold's coarse grid whatever the budget, and says that it is not complete", async () => {
    const found = await tuned(conceptAnchors(40, 2), { budgetSeconds: 0 });
    expect(found).toMatchObject({ folds: 1, complete: false });
    expect(found.trials.every(({ method }) => method === "asif")).toBe(true);
    expect(found.trials.length).toBeGreaterThan(10);
  });

  it("shows how far it is, and stops where it is told to", async () => {
    const controller = new AbortController();
    const shown: [number, number][] = [];
    await expect(
      tuned(conceptAnchors(40, 2), {}, published, {
        signal: controller.signal,
        progress: (done, total) => {
          shown.push([done, total]);
          if (done === 4) controller.abort();
        },
      }),
    ).rejects.toThrow(/abort/);
    expect(shown.map(([done]) => done)).toEqual([0, 1, 2, 3, 4]);
    expect(shown.every(([done, total]) => total > done)).toBe(true);
  });

  it("ends with every piece done", async () => {
    let last: [number, number] = [0, 1];
    await tuned(conceptAnchors(30, 1), {}, published, { progress: (...now) => (last = now) });
    expect(last[0]).toBe(last[1]);
  });
});
