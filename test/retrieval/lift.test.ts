import { describe, expect, it } from "vitest";
import { liftRows } from "../../src/retrieval/lift.ts";
import { unitRows } from "../../src/retrieval/unit-rows.ts";
import { applyTransform, fitTransform } from "../../src/retrieval/transform.ts";
import { createRandom, normal } from "../../src/math/random.ts";

const D = 10;
const rowsOf = (seed: number, count: number, d: number): Float32Array => {
  const random = createRandom(seed);
  return unitRows(
    Float32Array.from({ length: count * d }, (_, i) => normal(random) + (i % d === 0 ? 2 : 0)),
    d,
  );
};

describe("a lifted row", () => {
  it.each(["center", "whiten", "whiten:0.9:auto", "whiten:0.5:4"] as const)(
    "is a unit vector that the fit %s shows as the row",
    async (kind) => {
      const fit = await fitTransform(kind, rowsOf(1, 80, D), D);
      const width = (fit?.projection?.length ?? D * D) / D;
      const shown = rowsOf(2, 30, width);
      const lifted = await liftRows(fit, shown, D);
      for (let row = 0; row < 30; row++)
        expect(Math.hypot(...lifted.subarray(row * D, (row + 1) * D))).toBeCloseTo(1, 5);
      const again = await applyTransform(fit, lifted, D);
      again.forEach((value, i) => expect(value).toBeCloseTo(shown[i] ?? 0, 4));
    },
  );

  it("is the row itself where nothing is fitted", async () => {
    const rows = rowsOf(3, 4, D);
    (await liftRows(null, rows, D)).forEach((value, i) => expect(value).toBeCloseTo(rows[i] ?? 0, 6));
  });
});
