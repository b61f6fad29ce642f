import { describe, expect, it } from "vitest";
import { fitMixture } from "../../../../src/features/selection/emms/gaussian-mixture.ts";
import { clusterRows } from "../../../../src/features/selection/emms/k-means.ts";
import { nleep } from "../../../../src/features/selection/emms/nleep.ts";
import { principalComponents } from "../../../../src/features/selection/emms/principal-components.ts";
import type { Matrix } from "../../../../src/math/linear-algebra/index.ts";
import {
  naiveExpectationMaximisation,
  naiveLeep,
  naivePrincipal,
} from "../../../support/naive-class-scores.ts";
import { classData, dataOf, numbersOf } from "./class-data.ts";

const data = classData(120, 6, 4, 1.5);
const rowsOf = ({ data: values, rows, columns }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
const reduce = (share = 0.8) =>
  principalComponents(data.embeddings, (variances) => {
    let kept = 0;
    const total = variances.reduce((sum, value) => sum + value, 0);
    for (let at = 0; at < variances.length; at++) {
      kept += variances[at] ?? 0;
      if (kept >= share * total) return at + 1;
    }
    return variances.length;
  });

describe("principal components", () => {
  it.each([
    ["more rows than columns", classData(90, 12, 3)],
    ["fewer", classData(20, 60, 3)],
  ])("are the rows in the leading eigenvectors of their covariance: %s", async (_, { embeddings, rows }) => {
    const { rows: found, varianceKept } = await principalComponents(embeddings, () => 5);
    const { rows: expected, variances } = naivePrincipal(rows, 5);
    for (const [i, row] of rowsOf(found).entries())
      row.forEach((value, j) => expect(Math.abs(value)).toBeCloseTo(Math.abs(expected[i]?.[j] ?? 0), 9));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    expect(varianceKept).toBeCloseTo(sum(variances.slice(0, 5)) / sum(variances), 12);
  });
});

describe("the Gaussian mixture", () => {
  it("takes the textbook's steps from the clusters", async () => {
    const { rows } = await reduce();
    const floor = 1e-6 * (rows.data.reduce((sum, value) => sum + value * value, 0) / rows.data.length);
    const fit = await fitMixture(rows, 6, 1);
    let responsibilities = rowsOf(await clusterRows(rows, 6, 1, () => Promise.resolve()));
    for (const expected of fit.logLikelihoods) {
      const step = naiveExpectationMaximisation(rowsOf(rows), responsibilities, floor);
      expect(expected / step.logLikelihood).toBeCloseTo(1, 8);
      responsibilities = step.responsibilities;
    }
    rowsOf(fit.responsibilities).forEach((row, i) =>
      row.forEach((value, k) => expect(value).toBeCloseTo(responsibilities[i]?.[k] ?? 0, 7)),
    );
  });

  it.each([1, 2, 3])("never becomes less likely (seed %i)", async (seed) => {
    const { rows } = await reduce(1);
    const { logLikelihoods, converged } = await fitMixture(rows, 20, seed);
    expect(converged).toBe(true);
    logLikelihoods.slice(1).forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual((logLikelihoods[i] ?? 0) - 1e-9);
    });
  });

  it("gives each row responsibilities that add up to 1", async () => {
    const { rows } = await reduce();
    for (const row of rowsOf((await fitMixture(rows, 20, 0)).responsibilities))
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  });

  it("has no more components than there are distinct rows", async () => {
    const few = numbersOf(data.rows.map((_, i) => [i % 3, 0]));
    const { responsibilities } = await fitMixture(few, 10, 0);
    expect(responsibilities.columns).toBe(3);
  });
});

describe("NLEEP", () => {
  it("is LEEP over the mixture's responsibilities", async () => {
    const { score, diagnostics } = await nleep.score(data, {});
    const { rows } = await reduce();
    const { responsibilities } = await fitMixture(rows, 20, 0);
    expect(diagnostics).toMatchObject({ components: 20, dimensions: rows.columns });
    expect(score).toBeCloseTo(naiveLeep(rowsOf(responsibilities), data.ids), 12);
  });

  it("takes as many components, and as much of the variance, as it is told, and another start by another seed", async () => {
    const told = await nleep.score(data, { nleep: { componentsPerClass: 2, variance: 1 } });
    expect(told.diagnostics).toMatchObject({ components: 8, dimensions: 6 });
    const other = await nleep.score(data, { nleep: { componentsPerClass: 2, variance: 1, seed: 5 } });
    expect(other.score).not.toBe(told.score);
  });

  it("has at most half as many components as rows", async () => {
    const few = dataOf(data.rows.slice(0, 12));
    const { diagnostics } = await nleep.score({ ...few, classes: data.classes.slice(0, 12) }, {});
    expect(diagnostics.components).toBe(6);
  });
});
