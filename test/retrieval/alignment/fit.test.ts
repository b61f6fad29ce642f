import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  createGram,
  fitAlignment,
  updateGram,
  type Alignment,
} from "../../../src/retrieval/alignment/index.ts";
import { closeProducts } from "../../../src/math/linear-algebra/index.ts";
import { closeKernels, unitRows } from "../../../src/retrieval/index.ts";
import { usedRank, showRows } from "../../../src/retrieval/aligned.ts";
import type { AlignmentKind } from "../../../src/types.ts";
import { naiveCsa, naiveOrthogonal, naiveRidge } from "../../support/naive-alignment.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(async () => {
  await closeKernels();
  await closeProducts();
});

interface Data {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly d1: number;
  readonly d2: number;
}

const rows = (flat: Float32Array, d: number): number[][] =>
  Array.from({ length: flat.length / d }, (_, i) => Array.from(flat.subarray(i * d, (i + 1) * d)));

/** Pairs that share `latent` numbers, mixed into both sides, with noise. */
const related = (n: number, d1: number, d2: number, latent: number, noise: number, seed = 1): Data => {
  const random = seededRandom(seed);
  const mixing = [normals(latent * d1, random), normals(latent * d2, random)];
  const hidden = normals(n * latent, random);
  const side = (mix: Float32Array | undefined, d: number): Float32Array => {
    const made = normals(n * d, random).map((value) => noise * value);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < latent; k++)
        for (let j = 0; j < d; j++)
          made[i * d + j] = (made[i * d + j] ?? 0) + (hidden[i * latent + k] ?? 0) * (mix?.[k * d + j] ?? 0);
    return made;
  };
  return { images: side(mixing[0], d1), texts: side(mixing[1], d2), d1, d2 };
};

const fitOf = async (data: Data, kind: AlignmentKind, ridge?: number): Promise<Alignment | null> => {
  const gram = createGram(data.d1, data.d2);
  const pairs = { images: unitRows(data.images, data.d1), texts: unitRows(data.texts, data.d2) };
  await updateGram(gram, pairs, "add");
  return fitAlignment(gram, kind, ridge);
};

const part = (data: Data, from: number, to: number): Data => ({
  ...data,
  images: data.images.subarray(from * data.d1, to * data.d1),
  texts: data.texts.subarray(from * data.d2, to * data.d2),
});

/** `[n, n]`: images of `data` with its texts. */
const scoresOf = async (alignment: Alignment, data: Data, rank = 1_000): Promise<number[][]> => {
  const width = usedRank(alignment, rank);
  const a = rows(await showRows(alignment, "image", data.images, rank), width);
  const b = rows(await showRows(alignment, "text", data.texts, rank), width);
  return a.map((x) =>
    b.map((y) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0) * (alignment.weights?.[i] ?? 1), 0)),
  );
};

const recallAt1 = (scores: readonly (readonly number[])[]): number =>
  scores.filter((row, i) => row.every((score) => score <= (row[i] ?? 0))).length / scores.length;

const expectSame = (a: readonly (readonly number[])[], b: readonly (readonly number[])[], digits = 3): void =>
  a.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(b[i]?.[j] ?? NaN, digits)));

describe("canonical similarity", () => {
  test.each([
    [9, 6],
    [6, 9],
    [8, 8],
  ])("of %i and %i dimensions is that of symmetric roots, by a slow reference", async (d1, d2) => {
    const data = related(60, d1, d2, 4, 0.3);
    for (const [ridge, rank] of [
      [0.01, 3],
      [0.5, 6],
    ] as const) {
      const made = await fitOf(data, "csa", ridge);
      const reference = naiveCsa(rows(data.images, d1), rows(data.texts, d2), ridge, rank);
      expect(made).not.toBeNull();
      if (made === null) return;
      const few = part(data, 0, 12);
      const expected = rows(few.images, d1).map((x) => rows(few.texts, d2).map((y) => reference.score(x, y)));
      expectSame(await scoresOf(made, few, rank), expected);
      made.weights?.forEach((weight, i) => expect(weight).toBeCloseTo(reference.values[i] ?? NaN, 4));
    }
  });

  test("finds the pairs of a planted task, where the published transposes find them by chance", async () => {
    const data = related(700, 32, 28, 12, 0.05);
    const [train, held] = [part(data, 0, 600), part(data, 600, 700)];
    const made = await fitOf(train, "csa", 0.001);
    expect(made).not.toBeNull();
    if (made === null) return;
    expect(recallAt1(await scoresOf(made, held, 12))).toBeGreaterThan(0.97);
    const [x, y] = [rows(train.images, 32), rows(train.texts, 28)];
    const published = naiveCsa(x, y, 0.001, 12, false);
    const scores = rows(held.images, 32).map((a) => rows(held.texts, 28).map((b) => published.score(a, b)));
    expect(recallAt1(scores)).toBeLessThan(0.1);
  });

  test("does not change where one side is rotated", async () => {
    const data = related(80, 6, 5, 3, 0.2);
    // Two planes turned by an angle each, and two axes swapped.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = Float32Array.from(
      rows(data.images, 6).flatMap(([a = 0, b = 0, d = 0, e = 0, f = 0, g = 0]) => [
        c * a - s * b,
        s * a + c * b,
        e,
        d,
        c * f - s * g,
        s * f + c * g,
      ]),
    );
    const [one, other] = [await fitOf(data, "csa"), await fitOf({ ...data, images: turned }, "csa")];
    if (one === null || other === null) throw new Error("there is something to fit");
    const few = part(data, 0, 10);
    expectSame(await scoresOf(one, few), await scoresOf(other, part({ ...data, images: turned }, 0, 10)));
  });

  test("is of fewer directions than pairs, and than either side has", async () => {
    const few = await fitOf(related(4, 9, 6, 3, 0.2), "csa");
    expect(few?.weights).toHaveLength(3);
    const degenerate = related(50, 9, 6, 2, 0);
    const flat = await fitOf(degenerate, "csa", 1e-3);
    expect(flat?.weights?.length).toBeLessThanOrEqual(6);
    const scores = flat === null ? [[NaN]] : await scoresOf(flat, part(degenerate, 0, 8));
    expect(scores.flat().every(Number.isFinite)).toBe(true);
  });
});

describe("the orthogonal map", () => {
  test("is that of Procrustes, by a slow reference", async () => {
    for (const [d1, d2] of [
      [7, 5],
      [5, 7],
    ] as const) {
      const data = related(60, d1, d2, 4, 0.3);
      const made = await fitOf(data, "orthogonal");
      if (made === null) throw new Error("there is something to fit");
      const reference = naiveOrthogonal(rows(data.images, d1), rows(data.texts, d2));
      const few = part(data, 0, 10);
      const expected = rows(few.images, d1).map((x) => rows(few.texts, d2).map((y) => reference.score(x, y)));
      expectSame(await scoresOf(made, few), expected);
    }
  });

  test("recovers a planted rotation: each image scores 1 with its own text", async () => {
    const texts = unitRows(normals(100 * 3, seededRandom(5)), 3);
    const images = Float32Array.from(rows(texts, 3).flatMap(([a = 0, b = 0, c = 0]) => [b, -a, c]));
    const data = { images, texts, d1: 3, d2: 3 };
    const made = await fitOf(data, "orthogonal");
    if (made === null) throw new Error("there is something to fit");
    const scores = await scoresOf(made, part(data, 0, 20));
    scores.forEach((row, i) => expect(row[i]).toBeCloseTo(1, 4));
  });
});

describe("ridge regression", () => {
  test("is the closed form, by a slow reference", async () => {
    const data = related(60, 7, 5, 4, 0.3);
    for (const ridge of [0.01, 1]) {
      const made = await fitOf(data, "ridge", ridge);
      if (made === null) throw new Error("there is something to fit");
      const reference = naiveRidge(rows(data.images, 7), rows(data.texts, 5), ridge);
      const few = part(data, 0, 10);
      const expected = rows(few.images, 7).map((x) => rows(few.texts, 5).map((y) => reference.score(x, y)));
      expectSame(await scoresOf(made, few), expected);
    }
  });

  test("predicts texts that are a linear map of the images", async () => {
    // Of norm 1 on both sides, so that the map between the unit rows is linear, too.
    const images = unitRows(normals(200 * 4, seededRandom(2)), 4);
    const texts = Float32Array.from(rows(images, 4).flatMap(([a = 0, b = 0, c = 0, d = 0]) => [d, a, -c, b]));
    const data = { images, texts, d1: 4, d2: 4 };
    const made = await fitOf(data, "ridge", 1e-6);
    if (made === null) throw new Error("there is something to fit");
    const scores = await scoresOf(made, part(data, 0, 20));
    scores.forEach((row, i) => expect(row[i]).toBeCloseTo(1, 4));
  });
});

describe.each(["csa", "orthogonal", "ridge"] as const)("%s", (kind) => {
  test("has nothing to fit on no pair, on one, on pairs that are all the same, and where one side is", async () => {
    const data = related(5, 4, 3, 2, 0.1);
    expect(await fitOf(part(data, 0, 0), kind)).toBeNull();
    expect(await fitOf(part(data, 0, 1), kind)).toBeNull();
    const same = { ...data, images: Float32Array.from({ length: 20 }, (_, i) => (i % 4 === 1 ? 1 : 0)) };
    expect(await fitOf(same, kind)).toBeNull();
  });

  test("is defined for two pairs, for duplicates, constant columns and fewer pairs than dimensions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.nat(1e6), async (count, seed) => {
        const data = related(count, 9, 6, 3, 0.5, seed);
        for (let row = 0; row < count; row++) data.images[row * 9 + 2] = 0;
        const doubled: Data = {
          ...data,
          images: Float32Array.of(...data.images, ...data.images),
          texts: Float32Array.of(...data.texts, ...data.texts),
        };
        for (const each of [data, doubled]) {
          const made = await fitOf(each, kind);
          if (made === null) throw new Error("there is something to fit");
          for (const score of (await scoresOf(made, each)).flat())
            expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-5);
        }
        const [one, twice] = [await fitOf(data, kind), await fitOf(doubled, kind)];
        if (one !== null && twice !== null && count > 3 && kind !== "orthogonal")
          expectSame(await scoresOf(one, data), await scoresOf(twice, data), 2);
      }),
      { numRuns: 15 },
    );
  });

  test("is the same, bit for bit, after pairs that came have gone", async () => {
    const data = related(40, 9, 6, 3, 0.4);
    const gram = createGram(9, 6);
    const pairs = { images: unitRows(data.images, 9), texts: unitRows(data.texts, 6) };
    const before = async () => {
      await updateGram(gram, pairs, "add");
      return fitAlignment(gram, kind);
    };
    const never = await before();
    const other = related(15, 9, 6, 3, 0.4, 7);
    const gone = { images: unitRows(other.images, 9), texts: unitRows(other.texts, 6) };
    await updateGram(gram, gone, "add");
    expect(await fitAlignment(gram, kind)).not.toEqual(never);
    await updateGram(gram, gone, "remove");
    expect(await fitAlignment(gram, kind)).toEqual(never);
  });
});

test("fits no alignment that it does not know, rather than an orthogonal map", async () => {
  await expect(fitOf(related(50, 4, 3, 2, 0.1), "pca" as AlignmentKind)).rejects.toThrow(
    'There is no alignment "pca".',
  );
});
