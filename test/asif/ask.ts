import fc from "fast-check";
import { expect } from "vitest";
import type { ClassifyResult } from "../../src/api/explain.ts";
import type { ClassifyInput } from "../../src/asif/index.ts";
import type { NaiveAnchor } from "../support/naive-asif.ts";
import { exactImage, exactText, settings } from "../support/anchor-space.ts";

export type Vectors = readonly (readonly number[])[];

export const flat = (rows: Vectors): Float32Array => Float32Array.from(rows.flat());

/** Classes "0", "1", .. with their prompts. */
export const ask = (
  images: Vectors,
  classes: readonly Vectors[],
  more: Partial<ClassifyInput> = {},
): ClassifyInput => ({
  images: flat(images),
  prompts: flat(classes.flat()),
  classes: classes.map((prompts, i) => ({ name: String(i), prompts: prompts.length })),
  ensemble: "max",
  top: classes.length,
  explain: 0,
  settings: settings(10, 4),
  ...more,
});

export const scoresOf = ({ classes }: ClassifyResult, count: number): number[] => {
  const scores = new Map(classes.map(({ name, score }) => [name, score]));
  return Array.from({ length: count }, (_, i) => scores.get(String(i)) ?? NaN);
};

export const expectClose = (
  found: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(tolerance));
};

export const exactClasses = fc.array(fc.array(exactText, { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 5,
});
export const exactImages = fc.array(exactImage, { minLength: 1, maxLength: 3 });
export const ensembles = fc.constantFrom("max" as const, "mean" as const);

export const image = (anchors: readonly NaiveAnchor[], i: number): readonly number[] =>
  anchors[i]?.image ?? [];
export const text = (anchors: readonly NaiveAnchor[], i: number): readonly number[] => anchors[i]?.text ?? [];
