import type { Dimension } from "../../../onnx/graph.ts";

/** A sum of sizes, some known only at run time; equal sums have the same text. */
export const plus = (...sizes: readonly Dimension[]): Dimension => {
  const parts = sizes.flatMap((size) => String(size).split(" + "));
  const fixed = parts.reduce<number>((sum, part) => sum + (Number(part) || 0), 0);
  const open = parts.filter((part) => Number.isNaN(Number(part))).sort();
  if (open.length === 0) return fixed;
  return [...(fixed === 0 ? [] : [fixed]), ...open].join(" + ");
};

/** What is left of a size after so many, which must be part of what is known of it. */
export const minus = (size: Dimension, count: number): Dimension => {
  const left = plus(size, -count);
  const [fixed = ""] = String(left).split(" + ");
  if (Number(fixed) < 0) throw new RangeError(`it is not known that ${size} is at least ${count}`);
  return left;
};
