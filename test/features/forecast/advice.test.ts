import { describe, expect, it } from "vitest";
import { adviseGrowth, type AdvisedGain } from "../../../src/features/forecast/advice.ts";

const gain = (low: number, mean: number): AdvisedGain => ({
  mean,
  low,
  high: 2 * mean - low,
  standardError: 0.01,
});
const encoder = (low: number, mean: number) => ({ ...gain(low, mean), name: "eyes" });

describe("advice", () => {
  it("is more anchors where their gain is above one point at its lower end", () => {
    const { choice, sentence } = adviseGrowth({ moreAnchors: gain(0.011, 0.05), otherEncoder: null });
    expect(choice).toBe("more-anchors");
    expect(sentence).toBe("More anchors: twice as many like these make it 5.0 points (1.1 to 8.9) better.");
  });

  it("is neither at one point, and says what the questions could show", () => {
    const { choice, sentence } = adviseGrowth({
      moreAnchors: gain(0.01, 0.05),
      otherEncoder: encoder(0.01, 0.05),
    });
    expect(choice).toBe("neither");
    expect(sentence).toContain("from 2.8 points on");
  });

  it("is another encoder where it alone is surely better", () => {
    const { choice, sentence } = adviseGrowth({
      moreAnchors: gain(0, 0.02),
      otherEncoder: encoder(0.02, 0.04),
    });
    expect(choice).toBe("other-encoder");
    expect(sentence).toContain("eyes is 4.0 points (2.0 to 6.0) better");
  });

  it("is both where both are, the larger first", () => {
    const first = adviseGrowth({ moreAnchors: gain(0.02, 0.04), otherEncoder: encoder(0.02, 0.06) });
    expect(first.choice).toBe("both");
    expect(first.sentence).toMatch(/first: another encoder, .*; more anchors, /);
    const second = adviseGrowth({ moreAnchors: gain(0.02, 0.07), otherEncoder: encoder(0.02, 0.06) });
    expect(second.sentence).toMatch(/first: more anchors, .*; another encoder, /);
  });

  it("cannot be given where all questions are answered alike", () => {
    expect(adviseGrowth({ moreAnchors: null, otherEncoder: null }).choice).toBe("cannot-tell");
  });
});
