import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { relativeRepresentations, type AsifSettings } from "../../src/asif/index.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import type { Modality } from "../../src/types.ts";
import {
  compareUtf8,
  cosine,
  naiveRelative,
  naiveTransform,
  type NaiveAnchor,
} from "../support/naive-asif.ts";
import {
  anyK,
  anyNegatives,
  anyP,
  exactAnchors,
  exactImage,
  exactText,
  randomAnchors,
  settings,
  viewOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

interface Entry {
  readonly id: string;
  readonly value: number;
  readonly similarity: number;
}

const KEEP = { negatives: "keep" } as const;

/** The representations of some queries, anchors by id. */
const represent = async (
  view: AnchorView,
  modality: Modality,
  queries: readonly (readonly number[])[],
  given: AsifSettings,
): Promise<Entry[][]> => {
  const { representations } = await relativeRepresentations(
    view,
    modality,
    Float32Array.from(queries.flat()),
    given,
  );
  const { offsets, slots, values, similarities } = representations;
  return queries.map((_, row) => {
    const at = Array.from(
      { length: (offsets[row + 1] ?? 0) - (offsets[row] ?? 0) },
      (__, i) => (offsets[row] ?? 0) + i,
    );
    return at.map((i) => ({
      id: view.entry(slots[i] ?? -1).id,
      value: values[i] ?? NaN,
      similarity: similarities[i] ?? NaN,
    }));
  });
};

const denseOf = (anchors: readonly NaiveAnchor[], entries: readonly Entry[]): number[] => {
  const values = new Map(entries.map(({ id, value }) => [id, value]));
  return anchors.map(({ id }) => values.get(id) ?? 0);
};

const expectClose = (found: readonly number[], expected: readonly number[], tolerance: number): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(tolerance));
};

describe("a relative representation", () => {
  test("is what its definition says, for both modalities, any k and p, ties by id", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40),
        fc.array(exactImage, { minLength: 1, maxLength: 3 }),
        fc.array(exactText, { minLength: 1, maxLength: 3 }),
        anyK,
        anyP,
        anyNegatives,
        async (anchors, images, texts, k, p, negatives) => {
          const view = await viewOf(anchors);
          for (const [modality, queries] of [
            ["image", images],
            ["text", texts],
          ] as const) {
            const rows = await represent(view, modality, queries, settings(k, p, { negatives }));
            rows.forEach((row, i) => {
              const expected = naiveRelative(anchors, modality, queries[i] ?? [], { k, p, negatives });
              expectClose(denseOf(anchors, row), expected, 1e-12);
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("lists its anchors by falling value, those of equal value by id, and none of value zero", async () => {
    await fc.assert(
      fc.asyncProperty(exactAnchors(40), exactImage, anyK, anyP, async (anchors, query, k, p) => {
        const [row = []] = await represent(await viewOf(anchors), "image", [query], settings(k, p));
        const order = row.toSorted((a, b) => b.value - a.value || compareUtf8(a.id, b.id));
        expect(row).toEqual(order);
        expect(row.every(({ value }) => value !== 0)).toBe(true);
        if (row.length > 0) expect(Math.hypot(...row.map(({ value }) => value))).toBeCloseTo(1, 12);
      }),
      { numRuns: 40 },
    );
  });

  test("names the cosines that its values were made from", async () => {
    const anchors = randomAnchors(80, 1);
    const query = anchors[7]?.image.map((value, i) => value + Math.sin(i)) ?? [];
    const [row = []] = await represent(await viewOf(anchors), "image", [query], settings(20, 3));
    expect(row).toHaveLength(20);
    for (const { id, similarity } of row) {
      const anchor = anchors.find((candidate) => candidate.id === id);
      expect(similarity).toBeCloseTo(cosine(anchor?.image ?? [], query), 5);
    }
  });

  test.each(["none", "center", "whiten"] as const)(
    "of real vectors is that of a float64 computation, with the transform %s",
    async (transform) => {
      const anchors = randomAnchors(150, 2);
      const view = await viewOf(anchors);
      for (const modality of ["image", "text"] as const) {
        const show = naiveTransform(anchors, modality, transform);
        const shown = anchors.map((anchor) => ({ ...anchor, [modality]: show(anchor[modality]) }));
        const queries = randomAnchors(5, 3).map((anchor) => anchor[modality]);
        const rows = await represent(view, modality, queries, settings(30, 2.5, { transform }));
        rows.forEach((row, i) => {
          const expected = naiveRelative(shown, modality, show(queries[i] ?? []), { k: 30, p: 2.5 });
          expectClose(denseOf(anchors, row), expected, 2e-3);
        });
      }
    },
  );

  test("of an anchor's own vector has that anchor first, at similarity 1", async () => {
    const anchors = randomAnchors(60, 4);
    const [row = []] = await represent(
      await viewOf(anchors),
      "text",
      [anchors[11]?.text ?? []],
      settings(10, 8),
    );
    expect(row[0]?.id).toBe("anchor-11");
    expect(row[0]?.similarity).toBeCloseTo(1, 6);
  });

  test("does not depend on the length of the vectors", async () => {
    const anchors = randomAnchors(40, 5);
    const query = anchors[3]?.image ?? [];
    const [plain, long] = await represent(
      await viewOf(anchors),
      "image",
      [query, query.map((value) => value * 2 ** 40)],
      settings(15, 4),
    );
    const scaled = anchors.map((anchor, i) => ({
      ...anchor,
      image: anchor.image.map((value) => value * 2 ** -i),
    }));
    const [ofScaled] = await represent(await viewOf(scaled), "image", [query], settings(15, 4));
    expect(long).toEqual(plain);
    expect(ofScaled).toEqual(plain);
  });

  test("that keeps negative similarities keeps their sign through an even power, so that no opposite passes for a neighbour", async () => {
    const anchors = [
      { id: "near", image: [1, 0], text: [1, 0] },
      { id: "opposite", image: [-1, 0], text: [1, 0] },
      { id: "aslant", image: [-3, 4], text: [1, 0] },
      { id: "square", image: [0, 1], text: [1, 0] },
    ];
    const [row = []] = await represent(await viewOf(anchors), "image", [[1, 0]], settings(4, 2, KEEP));
    const norm = Math.hypot(1, 0.36, 1);
    expect(row.map(({ id }) => id)).toEqual(["near", "aslant", "opposite"]);
    expectClose(
      row.map(({ value }) => value),
      [1 / norm, -0.36 / norm, -1 / norm],
      1e-6,
    );
  });

  test("that cuts negative similarities rests on the anchors that are similar, whatever a large negative one is", async () => {
    const anchors = [
      { id: "near", image: [0.01, 1], text: [1, 0] },
      { id: "opposite", image: [-1, 0], text: [1, 0] },
      { id: "aslant", image: [-3, 4], text: [1, 0] },
    ];
    const view = await viewOf(anchors);
    const [row = []] = await represent(view, "image", [[1, 0]], settings(4, 200));
    expect(row.map(({ id, value }) => [id, value])).toEqual([["near", 1]]);
    expect(await represent(view, "image", [[1, 0]], settings(4, 200, { negatives: "cut" }))).toEqual([row]);
    expect(await represent(view, "image", [[0, -1]], settings(4, 1))).toEqual([[]]);
  });

  test("takes all anchors where k is more, and chooses among them by the signed similarity", async () => {
    const anchors = randomAnchors(9, 6);
    const view = await viewOf(anchors);
    const query = anchors[0]?.image ?? [];
    const [all = []] = await represent(view, "image", [query], settings(1_000, 1, KEEP));
    expect(all).toHaveLength(9);
    const [some = []] = await represent(view, "image", [query], settings(5, 1, KEEP));
    expect(some.map(({ id }) => id)).toEqual(all.slice(0, 5).map(({ id }) => id));
  });

  test("keeps its largest value whatever the power, rather than lose all of them below float64", async () => {
    const anchors = [
      { id: "a", image: [0.02, 1], text: [1] },
      { id: "b", image: [0.01, 1], text: [1] },
    ];
    const [row = []] = await represent(await viewOf(anchors), "image", [[1, 0]], settings(2, 500));
    expect(row.map(({ id, value }) => [id, value])).toEqual([
      ["a", 1],
      ["b", expect.closeTo(0, 100)],
    ]);
  });

  test("is empty where there is nothing to be similar to", async () => {
    const anchors = randomAnchors(10, 7);
    expect(await represent(await viewOf([]), "image", [[1, 0, 0, 0, 0, 0]], settings(5, 2))).toEqual([[]]);
    const nothing = { allow: new Uint8Array(10) };
    const query = anchors[0]?.text ?? [];
    expect(await represent(await viewOf(anchors), "text", [query], settings(5, 2, nothing))).toEqual([[]]);
    const square = [{ id: "a", image: [1, 0], text: [1, 0] }];
    expect(await represent(await viewOf(square), "image", [[0, 1]], settings(5, 2))).toEqual([[]]);
  });

  test("rests on the anchors that a filter lets through alone", async () => {
    await fc.assert(
      fc.asyncProperty(exactAnchors(40), exactText, anyK, fc.nat(), async (anchors, query, k, seed) => {
        const memory = ({ id }: { readonly id: string }): boolean => (id.length + seed) % 2 === 0;
        const view = await viewOf(anchors);
        const allow = view.bitmap(memory);
        const [row = []] = await represent(view, "text", [query], settings(k, 2, { allow }));
        expectClose(denseOf(anchors, row), naiveRelative(anchors, "text", query, { k, p: 2, memory }), 1e-12);
      }),
      { numRuns: 40 },
    );
  });
});
