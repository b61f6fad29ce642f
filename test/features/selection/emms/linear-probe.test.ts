import { describe, expect, it } from "vitest";
import { linearProbe } from "../../../../src/features/selection/emms/linear-probe.ts";
import { minimize } from "../../../../src/features/selection/emms/lbfgs.ts";
import {
  fitLogistic,
  preconditionerOf,
} from "../../../../src/features/selection/emms/logistic-regression.ts";
import { dealStratified } from "../../../../src/features/selection/emms/stratified-folds.ts";
import { naiveLogistic } from "../../../support/naive-class-scores.ts";
import { classData, numbersOf } from "./class-data.ts";

const { embeddings, rows, classes, ids } = classData(70, 4, 3, 2);

/** By the mean and the standard deviation of `fitted`. */
const standardized = (fitted: number[][], asked: number[][]): number[][] => {
  const columns = (fitted[0] ?? []).map((_, j) => fitted.map((row) => row[j] ?? 0));
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const deviations = columns.map((column, j) =>
    Math.sqrt(column.reduce((sum, value) => sum + (value - (means[j] ?? 0)) ** 2, 0) / column.length),
  );
  return asked.map((row) => row.map((value, j) => (value - (means[j] ?? 0)) / (deviations[j] ?? 1)));
};

describe("L-BFGS", () => {
  it("finds the least of a quadratic function, and of one that is not", async () => {
    const precondition = (vector: Float64Array) => Promise.resolve(vector.slice());
    const limits = { tolerance: 1e-10, iterations: 200 };
    const quadratic = ([x = 0, y = 0]: Float64Array) =>
      Promise.resolve({
        value: (x - 3) ** 2 + 100 * (y + 1) ** 2,
        gradient: Float64Array.of(2 * (x - 3), 200 * (y + 1)),
      });
    const { at } = await minimize({ evaluate: quadratic, precondition }, new Float64Array(2), limits);
    expect(at[0]).toBeCloseTo(3, 9);
    expect(at[1]).toBeCloseTo(-1, 9);
    const convex = ([x = 0]: Float64Array) =>
      Promise.resolve({ value: Math.exp(x) - 5 * x, gradient: Float64Array.of(Math.exp(x) - 5) });
    const found = await minimize({ evaluate: convex, precondition }, new Float64Array(1), limits);
    expect(found.at[0]).toBeCloseTo(Math.log(5), 9);
    expect(found.gradient).toBeLessThanOrEqual(1e-10);
  });
});

describe("the logistic regression", () => {
  it("has a gradient of next to nothing, and Newton's probabilities", async () => {
    const inputs = standardized(rows, rows);
    const matrix = numbersOf(inputs);
    const preconditioner = await preconditionerOf(matrix, 3, 1);
    const { parameters, minimum } = await fitLogistic(matrix, classes, 3, preconditioner, 1, () =>
      Promise.resolve(),
    );
    expect(minimum.gradient).toBeLessThanOrEqual(1e-5);
    const newton = naiveLogistic(inputs, ids, 3, 1);
    for (const row of inputs) {
      const logits = [0, 1, 2].map(
        (c) =>
          (parameters[12 + c] ?? 0) +
          row.reduce((sum, value, j) => sum + value * (parameters[c * 4 + j] ?? 0), 0),
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const expected = newton.probability(row);
      logits.forEach((logit, c) => expect(Math.exp(logit) / total).toBeCloseTo(expected[c] ?? 0, 3));
    }
  });
});

describe("folds", () => {
  it("share out every class, and all rows", () => {
    const dealt = dealStratified(classes, 5, 0);
    for (const within of [() => true, ...[0, 1, 2].map((id) => (row: number) => ids[row] === id)]) {
      const sizes = [0, 1, 2, 3, 4].map(
        (fold) => ids.filter((_, row) => within(row) && dealt[row] === fold).length,
      );
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
    expect(dealStratified(classes, 5, 0)).toEqual(dealt);
    expect(dealStratified(classes, 5, 1)).not.toEqual(dealt);
    expect(
      dealStratified(
        classes.map((id) => (id + 1) % 3),
        5,
        0,
      ),
    ).toEqual(dealt);
  });
});

describe("the linear probe", () => {
  it("is the cross-validated accuracy of Newton's regression in the same folds", async () => {
    const dealt = dealStratified(classes, 5, 0);
    let right = 0;
    for (let fold = 0; fold < 5; fold++) {
      const inside = [...ids.keys()].filter((row) => dealt[row] !== fold);
      const outside = [...ids.keys()].filter((row) => dealt[row] === fold);
      const fitted = inside.map((row) => rows[row] ?? []);
      const model = naiveLogistic(
        standardized(fitted, fitted),
        inside.map((row) => ids[row] ?? 0),
        3,
        1,
      );
      const asked = standardized(
        fitted,
        outside.map((row) => rows[row] ?? []),
      );
      right += asked.filter((row, i) => model.classify(row) === ids[outside[i] ?? 0]).length;
    }
    const { score, diagnostics } = await linearProbe.score({ embeddings: embeddings, classes }, {});
    expect(score).toBe(right / 70);
    expect(diagnostics.largestGradient).toBeLessThanOrEqual(1e-5);
  });

  it("never tells a class whose only row is held out, and needs no more folds than rows", async () => {
    const apart = { data: Float64Array.of(0, 1, 10), n: 3, d: 1 };
    const { score, diagnostics } = await linearProbe.score(
      { embeddings: apart, classes: Int32Array.of(0, 0, 1) },
      {},
    );
    expect(diagnostics.folds).toBe(3);
    expect(score).toBeLessThanOrEqual(2 / 3);
  });

  it("is the same whatever the columns' units are", async () => {
    const scaled = Float64Array.from(
      embeddings.data,
      (value, at) => value * (at % 2 === 0 ? 1000 : 0.01) + 5,
    );
    const { score } = await linearProbe.score({ embeddings: { ...embeddings, data: scaled }, classes }, {});
    expect(score).toBe((await linearProbe.score({ embeddings: embeddings, classes }, {})).score);
  });
});
