import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createGram, updateGram, type Gram } from "../../../src/retrieval/alignment/index.ts";
import { closeProducts } from "../../../src/math/linear-algebra/index.ts";
import { unitRows } from "../../../src/retrieval/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(closeProducts);

const IMAGE = 7;
const TEXT = 5;

const pairsOf = (count: number, seed: number, [d1, d2] = [IMAGE, TEXT] as readonly [number, number]) => {
  const random = seededRandom(seed);
  return {
    images: unitRows(normals(count * d1, random), d1),
    texts: unitRows(normals(count * d2, random), d2),
  };
};

const gramOf = async (...batches: ReturnType<typeof pairsOf>[]): Promise<Gram> => {
  const gram = createGram(IMAGE, TEXT);
  for (const batch of batches) await updateGram(gram, batch, "add");
  return gram;
};

describe("a Gram matrix", () => {
  test("holds the sums of products, to the rounding of rows to multiples of 2^-16", async () => {
    const { images, texts } = pairsOf(40, 1);
    const gram = await gramOf({ images, texts });
    expect(gram.count).toBe(40);
    for (let i = 0; i < IMAGE; i++) {
      for (let j = 0; j < TEXT; j++) {
        let sum = 0;
        for (let row = 0; row < 40; row++)
          sum += (images[row * IMAGE + i] ?? 0) * (texts[row * TEXT + j] ?? 0);
        expect((gram.cross[i * TEXT + j] ?? 0) / 2 ** 32).toBeCloseTo(sum, 4);
      }
    }
  });

  test("is the same, bit for bit, in whatever order and batches pairs came and others went", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 30 }), async (a, b, count) => {
        const [kept, gone] = [pairsOf(count, a), pairsOf(20, b)];
        const never = await gramOf(kept);
        const forgot = await gramOf(gone, kept);
        await updateGram(forgot, gone, "remove");
        expect(forgot).toEqual(never);
      }),
      { numRuns: 20 },
    );
  });

  test("is exact too where ONNX Runtime multiplies, over several chunks and blocks", async () => {
    const dimensions = [530, 20] as const;
    const [kept, gone] = [pairsOf(1_100, 3, dimensions), pairsOf(300, 4, dimensions)];
    const never = createGram(...dimensions);
    await updateGram(never, kept, "add");
    const forgot = createGram(...dimensions);
    for (const each of [gone, kept]) await updateGram(forgot, each, "add");
    await updateGram(forgot, gone, "remove");
    expect(Buffer.from(forgot.images.buffer).equals(Buffer.from(never.images.buffer))).toBe(true);
    expect(Buffer.from(forgot.cross.buffer).equals(Buffer.from(never.cross.buffer))).toBe(true);
    expect(forgot).toMatchObject({ count: 1_100, imageSums: never.imageSums, textSums: never.textSums });
  });
});
