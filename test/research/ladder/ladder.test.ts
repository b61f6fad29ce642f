import { describe, expect, it } from "vitest";
import { standardScores } from "../../../research/ladder/fuse.ts";
import { answerByLadder, type LadderRung } from "../../../research/ladder/ladder.ts";

interface Image {
  readonly cheap: readonly number[];
  readonly deep: readonly number[];
}

const SURE: Image = { cheap: [0, 0, 9], deep: [9, 0, 0] };
const UNSURE: Image = { cheap: [1, 2, 1.9], deep: [0, 1, 3] };

const asked: number[] = [];
const rungs: readonly LadderRung<Image>[] = [
  {
    score: (images) => Promise.resolve(images.map(({ cheap }) => Float64Array.from(cheap))),
    temperature: 0.5,
    threshold: 0.9,
    macs: 209.9e6,
  },
  {
    score: (images) => {
      asked.push(images.length);
      return Promise.resolve(images.map(({ deep }) => Float64Array.from(deep)));
    },
    temperature: 1,
    threshold: Infinity,
    macs: 4_919.1e6,
  },
];

describe("a ladder", () => {
  it("stops at the cheap rung where that is sure", async () => {
    const [answer] = await answerByLadder(rungs, [SURE]);
    expect(answer).toMatchObject({
      rung: 0,
      macs: 209.9e6,
      scores: standardScores(Float64Array.of(0, 0, 9)),
    });
    expect(answer?.confidence).toBeGreaterThan(0.9);
  });

  it("adds the scores of both rungs where the cheap one is not sure", async () => {
    const [answer] = await answerByLadder(rungs, [UNSURE]);
    const cheap = standardScores(Float64Array.from(UNSURE.cheap));
    const deep = standardScores(Float64Array.from(UNSURE.deep));
    expect(answer).toMatchObject({
      rung: 1,
      macs: 4_919.1e6,
      scores: deep.map((s, i) => s + (cheap[i] ?? 0)),
    });
  });

  it("asks the deep rung once, for those alone that go on", async () => {
    asked.length = 0;
    const answers = await answerByLadder(rungs, [UNSURE, SURE, SURE, UNSURE, SURE]);
    expect(asked).toEqual([2]);
    expect(answers.map(({ rung }) => rung)).toEqual([1, 0, 0, 1, 0]);
  });

  it("does not ask the deep rung where every image stops before", async () => {
    asked.length = 0;
    await answerByLadder(rungs, [SURE, SURE]);
    expect(asked).toEqual([]);
  });

  it("answers a batch as it answers each image alone", async () => {
    const images = [UNSURE, SURE, UNSURE];
    const alone = await Promise.all(images.map((image) => answerByLadder(rungs, [image])));
    expect(await answerByLadder(rungs, images)).toEqual(alone.flat());
  });
});
