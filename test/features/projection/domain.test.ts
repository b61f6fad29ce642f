import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairAgreement } from "../../../src/features/projection/agreement.ts";
import { projectionIn, valuesIn } from "../../../src/features/projection/client.ts";
import { idLines, printOf, readIdLines, selectEntries } from "../../../src/features/projection/layer.ts";
import { coordinatesIn, principalPlane } from "../../../src/features/projection/pca.ts";
import { inverseSquareWeights, placeAmong } from "../../../src/features/projection/place.ts";
import { tensorFile } from "../../../src/features/projection/tensor-file.ts";
import { layOut } from "../../../src/features/projection/umap.ts";
import type { AnchorId } from "../../../src/types.ts";

const readWhole = ({ length, chunks }: ReturnType<typeof tensorFile>): ArrayBuffer => {
  const whole = Buffer.concat([...chunks()]);
  expect(whole.length).toBe(length);
  return Uint8Array.from(whole).buffer;
};

describe("the plane of the largest variance", () => {
  it("has the axes of an ellipse whose axes are known", async () => {
    // Points (3 cos t, 2 sin t, 0) turned by 30 degrees in the first two dimensions, around (5, -1, 7).
    const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const n = 360;
    const rows = Float32Array.from({ length: 3 * n }, (_, i) => {
      const t = (2 * Math.PI * Math.floor(i / 3)) / n;
      const [x, y] = [3 * Math.cos(t), 2 * Math.sin(t)];
      return [5 + x * cos - y * sin, -1 + x * sin + y * cos, 7][i % 3] ?? 0;
    });
    const plane = await principalPlane(rows, 3);
    [5, -1, 7].forEach((value, i) => expect(plane.mean[i]).toBeCloseTo(value, 5));
    [cos, sin, 0, -sin, cos, 0].forEach((value, i) => expect(plane.axes[i]).toBeCloseTo(value, 5));
    const places = coordinatesIn(plane, rows);
    for (const t of [0, 90, 200]) {
      expect(places[2 * t]).toBeCloseTo(3 * Math.cos((2 * Math.PI * t) / n), 4);
      expect(places[2 * t + 1]).toBeCloseTo(2 * Math.sin((2 * Math.PI * t) / n), 4);
    }
  });

  it("shows vectors on one line as a line, and a single vector as a point", async () => {
    const line = await principalPlane(Float32Array.of(0, 0, 3, 4, 6, 8), 2);
    expect([...coordinatesIn(line, Float32Array.of(0, 0, 6, 8))].map((value) => Math.round(value))).toEqual([
      -5, 0, 5, 0,
    ]);
    expect([...(await principalPlane(Float32Array.of(1, 2), 2)).axes]).toEqual([0, 0, 0, 0]);
  });
});

describe("a place among neighbours", () => {
  const rowsOf = (distances: readonly number[]) => ({
    width: distances.length,
    counts: Int32Array.of(distances.length),
    indices: Int32Array.from(distances, (_, i) => i),
    distances: Float32Array.from(distances),
  });

  it("is that of a neighbour at no distance", () => {
    expect([...placeAmong(rowsOf([0, 0.4]), Float32Array.of(4, 2, 9, 9))]).toEqual([4, 2]);
  });

  it("is the middle of neighbours at the same distance", () => {
    const places = Float32Array.of(0, 0, 6, 0, 0, 6);
    expect([...placeAmong(rowsOf([0.5, 0.5, 0.5]), places)]).toEqual([2, 2]);
  });

  it("is decided by the five nearest, and by the inverse square of their distances", () => {
    expect(inverseSquareWeights([1, 2])).toEqual([0.8, 0.2]);
    const places = Float32Array.from({ length: 14 }, (_, i) => (i < 10 ? 1 : 100));
    expect([...placeAmong(rowsOf([1, 1, 1, 1, 1, 1, 1]), places)]).toEqual([1, 1]);
  });

  it("is not known without neighbours", () => {
    expect([...placeAmong({ ...rowsOf([]), counts: Int32Array.of(0) }, new Float32Array(0))]).toEqual([
      NaN,
      NaN,
    ]);
  });

  it("is never outside of its neighbours", () => {
    const one = fc.record({
      distance: fc.float({ min: 0, max: 2, noNaN: true }),
      x: fc.float({ min: -100, max: 100, noNaN: true }),
      y: fc.float({ min: -100, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (near) => {
        const places = Float32Array.from(near.flatMap(({ x, y }) => [x, y]));
        const [x = NaN] = placeAmong(rowsOf(near.map(({ distance }) => distance)), places);
        const all = near.map((each) => each.x);
        expect(x).toBeGreaterThanOrEqual(Math.min(...all) - 1e-3);
        expect(x).toBeLessThanOrEqual(Math.max(...all) + 1e-3);
      }),
    );
  });
});

describe("a layout by UMAP", () => {
  /** Two groups of points on a line, far from each other; neighbours are the nearest of the own group. */
  const groups = (size: number, k: number) => {
    const n = 2 * size;
    const indices = new Int32Array(n * k);
    const distances = new Float32Array(n * k);
    for (let point = 0; point < n; point++) {
      const own = Array.from({ length: size }, (_, i) => i + (point < size ? 0 : size))
        .filter((other) => other !== point)
        .sort((a, b) => Math.abs(a - point) - Math.abs(b - point));
      for (let at = 0; at < k; at++) {
        indices[point * k + at] = own[at] ?? 0;
        distances[point * k + at] = 0.1 * Math.abs((own[at] ?? 0) - point);
      }
    }
    const start = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? (i < n ? -1 : 1) : i / n));
    return { indices, distances, k, start, seed: 7 };
  };

  it("keeps groups apart, and is the same for the same seed", async () => {
    const task = groups(30, 8);
    let passes = 0;
    const first = await layOut(task, () => passes++);
    const again = await layOut(task, () => undefined);
    expect(passes).toBe(500);
    expect([...again]).toEqual([...first]);
    expect([...(await layOut({ ...task, seed: 8 }, () => undefined))]).not.toEqual([...first]);
    const middle = (from: number): number =>
      first.filter((_, i) => i % 2 === 0 && i >= from && i < from + 60).reduce((a, b) => a + b, 0) / 30;
    const spread = Math.max(
      ...Array.from({ length: 30 }, (_, i) => Math.abs((first[2 * i] ?? 0) - middle(0))),
    );
    expect(Math.abs(middle(0) - middle(60))).toBeGreaterThan(spread);
  });

  it("begins anywhere where all points are the same", async () => {
    const { indices, distances, k, start, seed } = groups(10, 4);
    const places = await layOut(
      { indices, distances: distances.fill(0), k, start: start.fill(0), seed },
      () => undefined,
    );
    expect(places.every(Number.isFinite)).toBe(true);
  });

  it("ends soon after it is cancelled", async () => {
    const stop = new AbortController();
    const made = layOut(groups(300, 8), (epoch) => (epoch === 3 ? stop.abort() : undefined), stop.signal);
    await expect(made).rejects.toThrow(/abort/i);
  });
});

describe("the agreement of image and text", () => {
  it("is the mean cosine of a caption and the captions of its nearest pictures", async () => {
    const captions = Float32Array.of(1, 0, 0, 1, 1, 0);
    const texts = {
      dimension: 2,
      rows: (slots: ArrayLike<number>) =>
        Float32Array.from(
          Array.from(slots).flatMap((slot) => [...captions.subarray(2 * slot, 2 * slot + 2)]),
        ),
    };
    const near = {
      width: 2,
      counts: Int32Array.of(2, 1, 0),
      indices: Int32Array.of(1, 2, 0, 0, 0, 0),
      distances: new Float32Array(6),
    };
    const slots = Int32Array.of(0, 1, 2);
    expect([...(await pairAgreement(texts, slots, slots, near))]).toEqual([0.5, 0, NaN]);
  });
});

describe("a stored layer", () => {
  const ids = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 20 });

  it("gives back its ids, whatever is in them", () => {
    fc.assert(
      fc.property(ids, (some) => {
        expect(readIdLines(idLines(some as AnchorId[]))).toEqual(some);
      }),
    );
  });

  it("keeps the entries that are wanted, with their numbers", () => {
    const content = {
      ids: ["a", "b", "c"] as AnchorId[],
      prints: Uint32Array.of(1, 2, 3),
      numbers: Float32Array.of(1, 1, 2, 2, 3, 3),
    };
    expect(selectEntries(content, (id, print) => id !== "b" && print > 0)).toEqual({
      ids: ["a", "c"],
      prints: Uint32Array.of(1, 3),
      numbers: Float32Array.of(1, 1, 3, 3),
    });
    expect(selectEntries(content, () => true)).toBe(content);
  });

  it("tells vectors apart that differ in one bit, or in their order", () => {
    const print = printOf(Float32Array.of(1, 2, 3));
    expect(printOf(Float32Array.of(1, 2, 3))).toBe(print);
    expect(printOf(Float32Array.of(1, 2, 3.0000002))).not.toBe(print);
    expect(printOf(Float32Array.of(2, 1, 3))).not.toBe(print);
  });
});

describe("the binary file", () => {
  it("gives back places and ids, whatever they are", () => {
    const anchor = fc.tuple(fc.string({ minLength: 1, unit: "grapheme" }), fc.float(), fc.float());
    fc.assert(
      fc.property(fc.array(anchor, { maxLength: 20 }), fc.nat(), (anchors, sequence) => {
        const numbers = Float32Array.from(anchors.flatMap(([, x, y]) => [x, y]));
        const ids = anchors.map(([id]) => id);
        const file = readWhole(
          tensorFile(
            { method: "umap", side: "text", sequence: String(sequence), layers: "pca/text,umap/text" },
            [
              ["places", numbers],
              ["ids", Buffer.from(JSON.stringify(ids))],
            ],
            new Map([["places", 2]]),
          ),
        );
        expect(projectionIn(file)).toMatchObject({
          ...{ method: "umap", side: "text", sequence, ids, places: numbers },
          layers: ["pca/text", "umap/text"],
        });
      }),
    );
  });

  it("gives back values, and what is not there as null", () => {
    const file = readWhole(
      tensorFile({ sequence: "3" }, [
        ["codes", Uint32Array.of(0, 0xffffffff)],
        ["values", Buffer.from('["ann"]')],
      ]),
    );
    expect(valuesIn(file)).toEqual({
      ...{ sequence: 3, codes: Uint32Array.of(0, 0xffffffff), values: ["ann"] },
      ...{ counts: null, numbers: null },
    });
  });

  it("has a header as safetensors prescribes", () => {
    const bytes = Buffer.from(readWhole(tensorFile({ a: "b" }, [["x", Float32Array.of(1)]])));
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { a: "b" },
      x: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    });
    expect(bytes.readFloatLE(8 + length)).toBe(1);
  });
});
