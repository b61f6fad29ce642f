import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { scoreByMethod } from "../../../src/asif/index.ts";
import { compareRuns } from "../../../src/features/evaluation/comparison.ts";
import { rankByAsif, gridKs, runGrid } from "../../../src/features/evaluation/grid.ts";
import { heatMapSvg } from "../../../src/features/evaluation/heat-map.ts";
import {
  concatenate,
  openTrialSpace,
  rankOfTruth,
  ranksIn,
  type TrialAnchor,
} from "../../../src/features/evaluation/trial.ts";
import { randomAnchors } from "../../support/anchor-space.ts";
import type { AnchorId } from "../../../src/types.ts";

const drawn = randomAnchors(120, 3).map(({ id, image, text }) => ({
  id: id as AnchorId,
  imageVector: Float32Array.from(image),
  textVector: Float32Array.from(text),
}));
const anchors: TrialAnchor[] = drawn.slice(0, 90);
const asked = drawn.slice(90);
/** Ten classes of three prompts each, each asked by one image. */
const task = {
  anchors,
  images: asked.slice(0, 10).map(({ imageVector }) => imageVector),
  truths: asked.slice(0, 10).map((_, i) => i),
  subjects: asked.slice(0, 10).map(({ id }) => id),
  classes: asked.slice(0, 10).map((_, i) => ({
    prompts: [0, 10, 20].flatMap((shift) => asked[(i + shift) % 30]?.textVector ?? []),
  })),
};
const options = { seeds: 2, signal: new AbortController().signal, onProgress: () => undefined };

describe("a grid of k and p", () => {
  it.each(["none", "whiten"] as const)(
    "ranks as single trials do where no classes are equal, with transform %s",
    async (transform) => {
      const space = await openTrialSpace(anchors, transform);
      const found = new Map<string, number[]>();
      await rankByAsif(space, task, { transform }, [5, 25, 50, 90], (k, p, ranks) =>
        found.set(`${k} ${p}`, [...ranks]),
      );
      expect(found.size).toBe(4 * 8);
      for (const [k, p] of [
        [25, 8],
        [50, 2],
        [90, 1],
      ] as const) {
        expect(found.get(`${k} ${p}`)).toEqual(await ranksIn(space, task, { k, p, transform }));
      }
      space.close();
    },
  );

  it("has the ks that differ from each other, up to all anchors", async () => {
    expect(gridKs(90)).toEqual([25, 50, 90]);
    expect(gridKs(25)).toEqual([25]);
    expect(gridKs(1_000_000).at(-1)).toBe(3_200);
    const grid = await runGrid(
      { taskOf: () => task, same: true },
      { k: 1, p: 1, transform: "none" },
      options,
    );
    expect(grid.cells).toHaveLength(grid.ks.length * grid.ps.length);
  });

  it("is drawn with the greatest framed", async () => {
    const map = {
      title: "k & p",
      subtitle: "",
      xLabel: "k",
      yLabel: "p",
      columns: [50, 100],
      rows: [1, 2],
      values: [
        [1, 2],
        [4.25, 3],
      ],
    };
    const svg = heatMapSvg(map);
    expect((await sharp(Buffer.from(svg)).metadata()).format).toBe("svg");
    expect(svg).toContain(">4.3<");
    expect([...svg.matchAll(/stroke="#d55e00"/g)]).toHaveLength(1);
    expect(() =>
      heatMapSvg({
        ...map,
        values: [
          [1, NaN],
          [1, 2],
        ],
      }),
    ).toThrow(RangeError);
    expect(() => heatMapSvg({ ...map, values: [[1, 2]] })).toThrow(RangeError);
  });
});

describe("ranks by scores", () => {
  it("take the best prompt of a class, and equal classes in their order", () => {
    const scores = Float64Array.of(0.1, 0.9, 0.9, 0.2, 0.3);
    expect([0, 1, 2].map((truth) => rankOfTruth(scores, [2, 1, 2], truth))).toEqual([1, 2, 3]);
  });

  it("are those of classify, which ASIF is asked by", async () => {
    const space = await openTrialSpace(anchors, "center");
    const settings = { k: 20, p: 4, transform: "center" } as const;
    const prompts = concatenate(task.classes.flatMap((each) => each.prompts));
    const scores = await scoreByMethod(space.view(), "asif", concatenate(task.images), prompts, settings);
    const sizes = task.classes.map((each) => each.prompts.length);
    const ranks = task.truths.map((truth) =>
      rankOfTruth(scores.subarray(truth * 30, (truth + 1) * 30), sizes, truth),
    );
    expect(new Set(ranks).size).toBeGreaterThan(1);
    for (const method of [undefined, "asif"] as const)
      expect(await ranksIn(space, task, { ...settings, ...(method && { method }) })).toEqual(ranks);
    space.close();
  });
});

describe("a comparison", () => {
  const runs = (...ranks: number[][]) =>
    ranks.map((ofRun) => ({
      anchors: 1,
      results: ofRun.map((rank, i) => ({ rank, subject: String(i) })),
    }));

  it("tells by how many points one is ahead, question by question", () => {
    const [top1, top5] = compareRuns(runs([1, 1, 2, 9]), runs([1, 2, 1, 9]));
    expect(top1).toMatchObject({ top: 1, mean: 0 });
    expect(top1?.low).toBeLessThan(0);
    expect(top1?.high).toBeGreaterThan(0);
    expect(top5).toMatchObject({ mean: 0, low: 0, high: 0 });
  });

  it("is narrower than what each is known by, for they fail at the same questions", () => {
    const hard = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : 20));
    const better = hard.map((rank, i) => (i < 20 ? 1 : rank));
    const [top1] = compareRuns(runs(better), runs(hard));
    expect(top1?.mean).toBe(5);
    expect(top1?.low).toBeGreaterThan(1);
    expect(top1?.high).toBeLessThan(9);
  });
});
