import { afterAll, describe, expect, test } from "vitest";
import { fit } from "../../src/retrieval/fit.ts";
import { closeKernels } from "../../src/retrieval/index.ts";
import { unitRows } from "../../src/retrieval/unit-rows.ts";
import { fitTransform } from "../../src/retrieval/transform.ts";
import { normals, seededRandom } from "../support/random.ts";

afterAll(closeKernels);

const DIMENSION = 96;
const rowsOf = (count: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(unitRows(normals(count * DIMENSION, seededRandom(7)), DIMENSION));

describe("fitting many vectors", () => {
  test.each(["center", "whiten"] as const)(
    "gives the very fit that is made in place, for %s",
    async (kind) => {
      const rows = rowsOf(2_000);
      const expected = await fitTransform(kind, rows.slice(), DIMENSION);
      expect(await fit(kind, rows, DIMENSION)).toEqual(expected);
      // Given away to the thread.
      expect(rows).toHaveLength(0);
    },
  );

  test("lets the process do other things meanwhile", async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    const fitting = fit("whiten", rowsOf(2_000), DIMENSION);
    count();
    await fitting;
    done = true;
    expect(turns).toBeGreaterThan(100);
  });

  test("makes no fit of vectors that are all the same", async () => {
    const rows = new Float32Array(2_000 * DIMENSION).fill(1 / Math.sqrt(DIMENSION));
    expect(await fit("whiten", rows, DIMENSION)).toBeNull();
  });
});
