import { describe, expect, it } from "vitest";
import { summarize } from "../../../src/features/evaluation/summary.ts";

const results = (...ranks: number[]) => ranks.map((rank, i) => ({ rank, subject: String(i) }));

describe("a summary of runs", () => {
  it("counts a rank within the first k as a hit, in percent", () => {
    const [top1, top5, top10] = summarize([results(1, 1, 5, 6, 10, 11, 200, 300)], 300);
    expect(top1).toMatchObject({ top: 1, mean: 25, deviation: 0 });
    expect(top5).toMatchObject({ top: 5, mean: 37.5 });
    expect(top10).toMatchObject({ top: 10, mean: 62.5 });
  });

  it("tells what a guesser would reach, at most all", () => {
    expect(summarize([results(1)], 300).map(({ chance }) => chance)).toEqual([
      100 / 300,
      500 / 300,
      1000 / 300,
    ]);
    expect(summarize([results(1)], 4).map(({ chance }) => chance)).toEqual([25, 100, 100]);
  });

  it("tells how much runs differ", () => {
    const [top1] = summarize([results(1, 1), results(1, 2), results(2, 2)], 10);
    expect(top1).toMatchObject({ mean: 50, deviation: 50 });
  });
});
