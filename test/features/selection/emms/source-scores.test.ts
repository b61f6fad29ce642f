import { describe, expect, it } from "vitest";
import { leep } from "../../../../src/features/selection/emms/leep.ts";
import { nce } from "../../../../src/features/selection/emms/nce.ts";
import { naiveLeep, naiveNce } from "../../../support/naive-class-scores.ts";
import { classData, numbersOf, probabilityRows } from "./class-data.ts";

const { embeddings, classes, ids } = classData(60, 3, 4);
const probabilities = probabilityRows(60, 7);
const input = { embeddings, classes, sourceProbabilities: numbersOf(probabilities) };

describe("LEEP", () => {
  it("is the mean log-likelihood of the expected empirical predictor", async () => {
    expect((await leep.score(input, {})).score).toBeCloseTo(naiveLeep(probabilities, ids), 12);
  });

  it("is 0 where each source class is of one class, and minus the classes' entropy where sources tell nothing", async () => {
    const telling = ids.map((id) => [0, 1, 2, 3].map((z) => (z === id ? 1 : 0)));
    const silent = ids.map(() => [0.5, 0.5]);
    const entropy = -[0, 1, 2, 3]
      .map((id) => ids.filter((each) => each === id).length / ids.length)
      .reduce((sum, share) => sum + share * Math.log(share), 0);
    const scoreOf = async (rows: number[][]) =>
      (await leep.score({ ...input, sourceProbabilities: numbersOf(rows) }, {})).score;
    expect(await scoreOf(telling)).toBe(0);
    expect(await scoreOf(silent)).toBeCloseTo(-entropy, 12);
  });

  it("passes over source classes that no row may have", async () => {
    const padded = probabilities.map((row) => [0, ...row, 0]);
    const { score } = await leep.score({ ...input, sourceProbabilities: numbersOf(padded) }, {});
    expect(score).toBeCloseTo(naiveLeep(probabilities, ids), 12);
  });
});

describe("NCE", () => {
  it("is minus the conditional entropy of the classes, by the model's most probable ones", async () => {
    expect((await nce.score(input, {})).score).toBeCloseTo(naiveNce(probabilities, ids), 12);
  });

  it("takes the first of source classes that are as probable", async () => {
    const tied = probabilities.map((row) => row.map(() => 1 / row.length));
    const { diagnostics } = await nce.score({ ...input, sourceProbabilities: numbersOf(tied) }, {});
    expect(diagnostics.sourceClassesSeen).toBe(1);
  });
});

describe.each([leep, nce])("$name", (method) => {
  it("refuses what lacks its input, or has one class, and names it", async () => {
    await expect(method.score({ embeddings: embeddings, classes }, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["sourceProbabilities"] }],
    });
    const { sourceProbabilities } = input;
    await expect(method.score({ embeddings: embeddings, sourceProbabilities }, {})).rejects.toMatchObject({
      faults: [{ path: ["classes"] }],
    });
    const one = { ...input, classes: new Int32Array(60) };
    await expect(method.score(one, {})).rejects.toMatchObject({ faults: [{ path: ["classes"] }] });
  });
});
