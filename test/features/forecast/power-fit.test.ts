import { describe, expect, it } from "vitest";
import {
  fitLog,
  fitPower,
  logAt,
  OVER_ANCHORS,
  OVER_ERRORS,
  powerAt,
} from "../../../src/features/forecast/power-fit.ts";

const SIZES = [100, 200, 400, 800, 1600, 3200];

describe("a power law with a floor", () => {
  it("is found exactly in values that follow one", () => {
    const fit = fitPower(
      SIZES,
      SIZES.map((x) => 0.2 + 3 * x ** -0.4),
      OVER_ANCHORS,
    );
    expect(Math.abs(fit.a - 3)).toBeLessThan(1e-7);
    expect(Math.abs(fit.b - 0.4)).toBeLessThan(1e-8);
    expect(Math.abs(fit.c - 0.2)).toBeLessThan(1e-8);
    expect(powerAt(fit, 6400, OVER_ANCHORS)).toBeCloseTo(0.29008433, 8);
    expect(powerAt(fit, 12800, OVER_ANCHORS)).toBeCloseTo(0.26827116, 8);
  });

  it("has the reference values in rounded ones", () => {
    const ys = [0.68, 0.56, 0.47, 0.41, 0.36, 0.32];
    const fit = fitPower(SIZES, ys, OVER_ANCHORS);
    expect(fit.a).toBeCloseTo(3.30965, 4);
    expect(fit.b).toBeCloseTo(0.427399, 6);
    expect(fit.c).toBeCloseTo(0.216928, 6);
    expect(fit.loss).toBeCloseTo(2.363423e-5, 10);
    expect(powerAt(fit, 6400, OVER_ANCHORS)).toBeCloseTo(0.295095, 6);
    expect(powerAt(fit, 12800, OVER_ANCHORS)).toBeCloseTo(0.275053, 6);
    const before = fitPower(SIZES.slice(0, 5), ys.slice(0, 5), OVER_ANCHORS);
    expect(powerAt(before, 3200, OVER_ANCHORS)).toBeCloseTo(0.326852, 6);
  });

  it("has no floor in values that fall like a line in the logarithm", () => {
    const fit = fitPower(SIZES, [0.91, 0.87, 0.82, 0.78, 0.73, 0.69], OVER_ANCHORS);
    expect(fit.c).toBe(0);
    expect(fit.b).toBeCloseTo(0.0802619, 6);
    expect(fit.a).toBeCloseTo(1.32454, 5);
    expect(powerAt(fit, 6400, OVER_ANCHORS)).toBeCloseTo(0.655502, 6);
  });

  it("rises with another error where it is asked to", () => {
    const xs = [0.6, 0.5, 0.4, 0.3, 0.2];
    const fit = fitPower(
      xs,
      xs.map((x) => 0.1 + 0.8 * x ** 2),
      OVER_ERRORS,
    );
    expect(fit.a).toBeCloseTo(0.8, 6);
    expect(fit.b).toBeCloseTo(2, 6);
    expect(fit.c).toBeCloseTo(0.1, 6);
  });

  it("does not depend on the order of the points, and scales with the values", () => {
    const ys = [0.68, 0.56, 0.47, 0.41, 0.36, 0.32];
    const fit = fitPower(SIZES, ys, OVER_ANCHORS);
    const turned = fitPower(SIZES.toReversed(), ys.toReversed(), OVER_ANCHORS);
    expect(turned.b).toBeCloseTo(fit.b, 8);
    expect(turned.c).toBeCloseTo(fit.c, 8);
    const scaled = fitPower(
      SIZES,
      ys.map((y) => 0.5 * y),
      OVER_ANCHORS,
    );
    expect(scaled.b).toBeCloseTo(fit.b, 6);
    expect(scaled.a).toBeCloseTo(0.5 * fit.a, 4);
    expect(scaled.c).toBeCloseTo(0.5 * fit.c, 6);
  });

  it("predicts a constant for constant values", () => {
    const fit = fitPower(SIZES, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], OVER_ANCHORS);
    expect(powerAt(fit, 12800, OVER_ANCHORS)).toBeCloseTo(0.5, 9);
    expect(powerAt(fitPower(SIZES, [0, 0, 0, 0, 0, 0], OVER_ANCHORS), 6400, OVER_ANCHORS)).toBe(0);
  });
});

describe("a line in the logarithm", () => {
  it("is found exactly, and goes on below zero", () => {
    const fit = fitLog(
      SIZES,
      SIZES.map((x) => 1 - 0.1 * Math.log(x)),
    );
    expect(fit.u).toBeCloseTo(1, 10);
    expect(fit.v).toBeCloseTo(-0.1, 10);
    expect(logAt(fit, 100_000)).toBeLessThan(0);
  });
});
