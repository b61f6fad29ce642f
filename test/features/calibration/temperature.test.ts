import { describe, expect, it } from "vitest";
import {
  fitTemperature,
  negativeLogLikelihood,
  toProbabilities,
} from "../../../src/features/calibration/temperature.ts";
import { normals, seededRandom } from "../../support/random.ts";

/** Questions whose true class is drawn by `softmax(scores / temperature)`, and then put first. */
const drawn = (count: number, classes: number, temperature: number, seed: number) => {
  const random = seededRandom(seed);
  const scores = normals(count * classes, random);
  for (let row = 0; row < count; row++) {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    const weights = Array.from(own, (score) => Math.exp(score / temperature));
    let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
    const truth = weights.findIndex((weight) => (left -= weight) < 0);
    const first = own[0] ?? 0;
    own[0] = own[truth] ?? 0;
    own[truth] = first;
  }
  return { scores, width: classes, classes, rows: Int32Array.from({ length: count }, (_, row) => row) };
};

describe("the temperature", () => {
  it.each([0.2, 1, 3])("of %d is found again in what was drawn by it", async (temperature) => {
    const found = await fitTemperature(drawn(4_000, 8, temperature, 7));
    expect(Math.abs(Math.log(found / temperature))).toBeLessThan(0.1);
  });

  it("is where the likelihood is highest, of all on a fine grid", async () => {
    const table = drawn(300, 5, 0.7, 3);
    const grid = Array.from({ length: 2_000 }, (_, i) => 10 ** (-3 + i / 400));
    const losses = await Promise.all(grid.map((temperature) => negativeLogLikelihood(table, temperature)));
    const best = Math.min(...losses);
    expect(await negativeLogLikelihood(table, await fitTemperature(table))).toBeLessThan(best + 1e-6);
  });

  it("goes to its ends where scores always name the true class, or say nothing", async () => {
    const always = { scores: Float32Array.of(1, 0, 1, 0), width: 2, classes: 2, rows: Int32Array.of(0, 1) };
    expect(await fitTemperature(always)).toBeLessThan(0.05);
    const never = { ...always, scores: Float32Array.of(0, 1, 0, 1) };
    expect(await fitTemperature(never)).toBeGreaterThan(900);
    const same = { ...always, scores: Float32Array.of(1, 1, 0, 0) };
    expect(await fitTemperature(same)).toBeGreaterThan(900);
  });

  it("looks at no more classes than it is told of", async () => {
    const table = drawn(200, 6, 1, 5);
    const cut = Float32Array.from(table.rows, () => 0).length;
    const narrow = new Float32Array(cut * 3);
    for (let row = 0; row < cut; row++) narrow.set(table.scores.subarray(row * 6, row * 6 + 3), row * 3);
    const expected = await fitTemperature({ ...table, scores: narrow, width: 3, classes: 3 });
    expect(await fitTemperature({ ...table, classes: 3 })).toBe(expected);
  });
});

describe("probabilities", () => {
  it("add up to 1 and keep the order of the scores, however far apart these are", () => {
    const probabilities = new Float64Array(4);
    toProbabilities([1e30, 0.5, -1e30, 0.5], 1e-4, probabilities);
    expect(Array.from(probabilities)).toEqual([1, 0, 0, 0]);
    toProbabilities([0.3, 0.2, 0.25, -1], 0.1, probabilities);
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(probabilities[0]).toBeGreaterThan(probabilities[2] ?? 1);
    expect(probabilities[2]).toBeGreaterThan(probabilities[1] ?? 1);
  });

  it("of equal scores are equal, and of one class 1", () => {
    const three = new Float64Array(3);
    toProbabilities([0, 0, 0], 0.04, three);
    expect(Array.from(three)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    const one = new Float64Array(1);
    toProbabilities([-0.7], 0.04, one);
    expect(one[0]).toBe(1);
  });
});
