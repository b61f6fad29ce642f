import { describe, expect, it } from "vitest";
import { alignMoments, applyAlignment, moveRows } from "../../../src/features/adaptations/align.ts";
import { momentsOfRows, shrinkageOf } from "../../../src/features/adaptations/moments.ts";
import { createRandom, normal } from "../../../src/math/random.ts";

const S = Float32Array.of(1, 0, -1, 0, 0, 0.5, 0, -0.5);
const T = Float32Array.of(2, 3, 2, 1, 2.5, 2, 1.5, 2);
const close = (values: ArrayLike<number>, expected: readonly number[], digits = 5): void =>
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, digits));

const cloud = (seed: number, count: number, scales: readonly number[]): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from(
    { length: count * scales.length },
    (_, i) => (scales[i % scales.length] ?? 1) * normal(random) + (i % scales.length),
  );
};

describe("the moments of rows", () => {
  it("are the means and covariances of the reference sets", async () => {
    close((await momentsOfRows(S, 2)).covariance, [0.5, 0, 0, 0.125], 7);
    const target = await momentsOfRows(T, 2);
    close(target.mean, [2, 2], 7);
    close(target.covariance, [0.125, 0, 0, 0.5], 7);
  });

  it("are shrunk as Ledoit and Wolf shrink them", async () => {
    expect(shrinkageOf(await momentsOfRows(T, 2))).toBeCloseTo(0.944444, 6);
    const six = Float32Array.of(3, 0, -3, 0, 0, 1, 0, -1, 1, 1, -1, -1);
    expect(shrinkageOf(await momentsOfRows(six, 2))).toBeCloseTo(0.745098, 6);
  });

  it("are shrunk wholly where all rows are the same", async () => {
    expect(shrinkageOf(await momentsOfRows(Float32Array.of(1, 2, 1, 2), 2))).toBe(1);
  });
});

describe("an alignment", () => {
  it("has the reference matrix without shrinkage, and moves the rows onto the anchors", async () => {
    const [target, anchors] = [await momentsOfRows(T, 2), await momentsOfRows(S, 2)];
    const { alignment } = await alignMoments(target, anchors, { shrinkage: 0 });
    close(alignment.matrix ?? [], [2, 0, 0, 0.5]);
    close(await moveRows(alignment, T), [0, 0.5, 0, -0.5, 1, 0, -1, 0]);
  });

  it("has the reference matrix with half the shrinkage", async () => {
    const [target, anchors] = [await momentsOfRows(T, 2), await momentsOfRows(S, 2)];
    const { alignment } = await alignMoments(target, anchors, { shrinkage: 0.5 });
    close(alignment.matrix ?? [], [1.511858, 0, 0, 0.5547]);
  });

  it("changes nothing where the images are the anchors and nothing is shrunk", async () => {
    const rows = cloud(1, 200, [1, 0.5, 2]);
    const moments = await momentsOfRows(rows, 3);
    const { alignment } = await alignMoments(moments, moments, { shrinkage: 0 });
    close(alignment.matrix ?? [], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    close(await moveRows(alignment, rows), Array.from(rows), 4);
  });

  it("gives the images the covariance of the anchors, also where both are correlated", async () => {
    const mix = (rows: Float32Array, by: number): Float32Array =>
      rows.map((value, i) => (i % 2 === 1 ? value + by * (rows[i - 1] ?? 0) : value));
    const target = mix(cloud(2, 400, [1, 0.3]), 0.8);
    const anchors = await momentsOfRows(mix(cloud(3, 400, [0.4, 2]), -0.5), 2);
    const { alignment } = await alignMoments(await momentsOfRows(target, 2), anchors, { shrinkage: 0 });
    const moved = await momentsOfRows(await moveRows(alignment, target), 2);
    close(moved.covariance, Array.from(anchors.covariance), 4);
    close(moved.mean, Array.from(anchors.mean), 4);
  });

  it("moves the mean alone where the covariance is not asked for", async () => {
    const { alignment } = await alignMoments(await momentsOfRows(T, 2), await momentsOfRows(S, 2), {
      covariance: false,
    });
    expect(alignment.matrix).toBeNull();
    close(await moveRows(alignment, T), [0, 1, 0, -1, 0.5, 0, -0.5, 0]);
  });

  it("moves the mean alone where all images are the same", async () => {
    const same = await momentsOfRows(Float32Array.of(1, 2, 1, 2), 2);
    expect((await alignMoments(same, await momentsOfRows(S, 2))).alignment.matrix).toBeNull();
  });

  it("turns with the space", async () => {
    const turn = (rows: Float32Array): Float32Array =>
      rows.map((value, i) => {
        const other = rows[i % 2 === 0 ? i + 1 : i - 1] ?? 0;
        return Math.cos(0.7) * value + (i % 2 === 0 ? -1 : 1) * Math.sin(0.7) * other;
      });
    const [target, anchors] = [cloud(4, 60, [1, 0.2]), cloud(5, 90, [0.5, 0.9])];
    const plain = await alignMoments(await momentsOfRows(target, 2), await momentsOfRows(anchors, 2));
    const turned = await alignMoments(
      await momentsOfRows(turn(target), 2),
      await momentsOfRows(turn(anchors), 2),
    );
    const expected = turn(await applyAlignment(plain.alignment, target));
    close(await applyAlignment(turned.alignment, turn(target)), Array.from(expected), 4);
  });

  it("does not depend on the order of the images", async () => {
    const target = cloud(6, 80, [1, 0.2]);
    const reversed = Float32Array.from({ length: 160 }, (_, i) => target[158 - i + 2 * (i % 2)] ?? 0);
    const anchors = await momentsOfRows(S, 2);
    const [a, b] = [
      await alignMoments(await momentsOfRows(target, 2), anchors),
      await alignMoments(await momentsOfRows(reversed, 2), anchors),
    ];
    close(a.alignment.matrix ?? [], Array.from(b.alignment.matrix ?? []), 6);
  });
});
