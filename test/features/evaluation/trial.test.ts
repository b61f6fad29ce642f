import { describe, expect, it } from "vitest";
import { anchorCounts, runSubsets } from "../../../src/features/evaluation/subsets.ts";
import { openTrialSpace, ranksIn, type TrialAnchor } from "../../../src/features/evaluation/trial.ts";
import type { AnchorId } from "../../../src/types.ts";

const SETTINGS = { k: 3, p: 1, transform: "none" } as const;

/** Anchor i looks like axis i and is described by axis i. */
const axis = (i: number, size = 6): Float32Array => new Float32Array(size).fill(0.01).fill(1, i, i + 1);
const anchors: TrialAnchor[] = [0, 1, 2, 3, 4, 5].map((i) => ({
  id: `axis-${i}` as AnchorId,
  imageVector: axis(i),
  textVector: axis(i),
}));

describe("a trial", () => {
  it("ranks the class that shares the image's anchors first", async () => {
    const space = await openTrialSpace(anchors, "none");
    const questions = {
      images: [axis(4), axis(1)],
      truths: [0, 1],
      classes: [4, 1, 3].map((i) => ({ prompts: [axis(i)] })),
    };
    expect(await ranksIn(space, questions, SETTINGS)).toEqual([1, 1]);
    space.close();
  });

  it("ranks a class that is wrongly said to be the image's behind", async () => {
    const space = await openTrialSpace(anchors, "none");
    const questions = {
      images: [axis(4)],
      truths: [1],
      classes: [{ prompts: [axis(4)] }, { prompts: [axis(1)] }],
    };
    expect(await ranksIn(space, questions, SETTINGS)).toEqual([2]);
    space.close();
  });

  it("takes the best prompt of a class", async () => {
    const space = await openTrialSpace(anchors, "none");
    const questions = {
      images: [axis(4)],
      truths: [1],
      classes: [{ prompts: [axis(3)] }, { prompts: [axis(0), axis(4)] }],
    };
    expect(await ranksIn(space, questions, SETTINGS)).toEqual([1]);
    space.close();
  });

  it("needs an anchor", async () => {
    await expect(openTrialSpace([], "none")).rejects.toThrow(RangeError);
  });
});

describe("ever more anchors", () => {
  it("are counted by doubling, up to all", () => {
    expect(anchorCounts(6)).toEqual([6]);
    expect(anchorCounts(320)).toEqual([50, 100, 200, 320]);
  });

  it("give a row each, with the answers of all runs", async () => {
    const many = Array.from({ length: 120 }, (_, i): TrialAnchor => ({
      id: `a${i}` as AnchorId,
      imageVector: axis(i % 6),
      textVector: axis(i % 6),
    }));
    const task = {
      anchors: many,
      images: [axis(0), axis(1)],
      truths: [0, 1],
      subjects: ["zero", "one"],
      classes: [0, 1].map((i) => ({ prompts: [axis(i)] })),
    };
    const { rows } = await runSubsets({ taskOf: () => task, same: false }, [{ ...SETTINGS, name: "" }], {
      seeds: 3,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    expect(rows.map((row) => row.anchors)).toEqual([50, 120]);
    expect(rows.map((row) => row.questions)).toEqual([6, 6]);
    expect(rows.at(-1)?.accuracies[0]).toMatchObject({ top: 1, mean: 100, chance: 50 });
  });

  it("stop where they are asked to", async () => {
    const task = {
      anchors,
      images: [axis(0)],
      truths: [0],
      subjects: ["zero"],
      classes: [{ prompts: [axis(0)] }],
    };
    const stopped = runSubsets({ taskOf: () => task, same: true }, [{ ...SETTINGS, name: "" }], {
      seeds: 1,
      signal: AbortSignal.abort(),
      onProgress: () => undefined,
    });
    await expect(stopped).rejects.toThrow(/abort/i);
  });
});
