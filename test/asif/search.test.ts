import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { relativeRepresentations, searchAsif, searchUnimodal, type Found } from "../../src/asif/index.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import type { Modality } from "../../src/types.ts";
import { compareUtf8, naiveSearch, type NaiveAnchor } from "../support/naive-asif.ts";
import { naiveNearest } from "../support/naive-index.ts";
import {
  anyK,
  anyP,
  exactAnchors,
  exactImage,
  exactText,
  randomAnchors,
  settings,
  viewOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

const MODALITIES = ["image", "text"] as const;
const DIRECTIONS = MODALITIES.flatMap((modality) => MODALITIES.map((target) => ({ modality, target })));

/** The result of a search by one query. */
const only = ({ hits, plan }: Found) => ({ hits: hits[0] ?? [], plan });

const hitsOf = (view: AnchorView, { hits }: ReturnType<typeof only>): { id: string; score: number }[] =>
  hits.map(({ slot, score }) => ({ id: view.entry(slot).id, score }));

interface ById {
  readonly id: string;
  readonly score: number;
}

/** The same anchors at the same scores, and those in order: best first, equal ones by id. */
const expectSame = (found: readonly ById[], expected: readonly ById[]): void => {
  const scores = new Map(expected.map(({ id, score }) => [id, score]));
  expect(found).toHaveLength(expected.length);
  for (const { id, score } of found) expect(Math.abs(score - (scores.get(id) ?? NaN))).toBeLessThan(1e-12);
  expect(found).toEqual(found.toSorted((a, b) => b.score - a.score || compareUtf8(a.id, b.id)));
};

describe.each(DIRECTIONS)("searching for $target by $modality", ({ modality, target }) => {
  const query = modality === "image" ? exactImage : exactText;

  test("by ASIF scores every anchor as the definition says", async () => {
    await fc.assert(
      fc.asyncProperty(exactAnchors(25), query, anyK, anyP, async (anchors, vector, k, p) => {
        const view = await viewOf(anchors);
        const input = {
          queries: Float32Array.from(vector),
          modality,
          target,
          limit: 100,
          settings: settings(k, p),
        };
        const found = hitsOf(view, only(await searchAsif(view, input)));
        expectSame(found, naiveSearch(anchors, vector, modality, target, { k, p }));
      }),
      { numRuns: 30 },
    );
  });

  test("by ASIF tells anchors that may be hits from those that serve as memory", async () => {
    const anchors = randomAnchors(60, 1);
    const view = await viewOf(anchors);
    const ending = (digits: string) => (anchor: { readonly id: string }) =>
      digits.includes(anchor.id.at(-1) ?? "");
    const [memory, wanted] = [ending("01234"), ending("4567")];
    const vector = anchors[44]?.[modality] ?? [];
    const found = only(
      await searchAsif(view, {
        queries: Float32Array.from(vector),
        modality,
        target,
        limit: 100,
        hits: view.bitmap(wanted),
        settings: settings(8, 3, { allow: view.bitmap(memory) }),
      }),
    );
    const expected = naiveSearch(anchors, vector, modality, target, { k: 8, p: 3, memory }).filter(wanted);
    expect(hitsOf(view, found).map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    found.hits.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i]?.score ?? NaN, 4));
    expect(found.plan.allowed).toBe(24);
  });

  test("by ASIF gives no more than asked for, and equal scores by id", async () => {
    const anchors = ["b", "a", "d", "c"].map((id): NaiveAnchor => ({ id, image: [1, 2], text: [2, 1] }));
    const view = await viewOf(anchors);
    const input = { queries: Float32Array.of(1, 1), modality, target, limit: 3, settings: settings(4, 2) };
    expect(hitsOf(view, only(await searchAsif(view, input))).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  test("by ASIF finds the anchors it can among none", async () => {
    const view = await viewOf([]);
    const queries = new Float32Array(modality === "image" ? 6 : 5).fill(1);
    const found = await searchAsif(view, { queries, modality, target, limit: 5, settings: settings(4, 2) });
    expect(only(found).hits).toEqual([]);
  });
});

describe("searching within one modality", () => {
  test.each(MODALITIES)("finds the %ss of greatest cosine, ties by id", async (target) => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(30),
        target === "image" ? exactImage : exactText,
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (anchors, vector, limit, filtered) => {
          const view = await viewOf(anchors);
          const keeps = ({ id }: { readonly id: string }): boolean => !filtered || id.length % 2 === 1;
          const found = only(
            await searchUnimodal(view, {
              queries: Float32Array.from(vector),
              target,
              limit,
              ...(filtered ? { hits: view.bitmap(keeps) } : {}),
              settings: settings(1, 1),
            }),
          );
          const expected = naiveNearest(
            anchors.map((anchor) => anchor[target]),
            vector,
            {
              k: limit,
              allowed: (slot) => keeps(anchors[slot] ?? { id: "" }),
              compare: (a, b) => compareUtf8(anchors[a]?.id ?? "", anchors[b]?.id ?? ""),
            },
          );
          // Adding 0 makes the -0 of a sum of products 0.
          expect(found.hits.map(({ slot, score }) => ({ slot, score: score + 0 }))).toEqual(
            expected.map(({ slot, score }) => ({ slot, score: score + 0 })),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("searching by ASIF among more anchors than are all scored", () => {
  const COUNT = 2_600;
  const LIMIT = 20;
  const pairs = randomAnchors(COUNT + 3, 2);
  const [anchors, queries] = [pairs.slice(0, COUNT), pairs.slice(COUNT)];
  const given = settings(60, 4);
  const search = async (
    view: AnchorView,
    modality: Modality,
    target: Modality,
    query: number,
    more: object = {},
  ) =>
    only(
      await searchAsif(view, {
        queries: Float32Array.from(queries[query]?.[modality] ?? []),
        modality,
        target,
        limit: LIMIT,
        settings: given,
        ...more,
      }),
    );
  const exact = { settings: settings(60, 4, { exact: true }) };

  test("scores a shortlist, which holds nearly all of what scoring everything finds", async () => {
    const view = await viewOf(anchors);
    let common = 0;
    for (const { modality, target } of DIRECTIONS) {
      const short = await search(view, modality, target, 0);
      const all = await search(view, modality, target, 0, exact);
      expect(short.plan.candidates).toBeGreaterThanOrEqual(500);
      expect(short.plan.candidates).toBeLessThan(700);
      expect(all.plan).not.toHaveProperty("candidates");
      expect(short.hits[0]).toEqual(all.hits[0]);
      const slots = new Set(all.hits.map(({ slot }) => slot));
      common += short.hits.filter(({ slot }) => slots.has(slot)).length;
    }
    expect(common).toBeGreaterThanOrEqual(0.95 * LIMIT * DIRECTIONS.length);
  });

  test("gives the anchors of a shortlist the scores that they have among all", async () => {
    const view = await viewOf(anchors);
    const short = await search(view, "text", "image", 1, { limit: 400 });
    const all = await search(view, "text", "image", 1, { ...exact, limit: COUNT });
    const scores = new Map(all.hits.map(({ slot, score }) => [slot, score]));
    for (const { slot, score } of short.hits) expect(score).toBe(scores.get(slot));
  });

  test("always has the query's own support among the candidates, though it lies far apart in the target", async () => {
    const unrelated = anchors.map((anchor, i) => ({ ...anchor, text: anchors[(7 * i) % COUNT]?.text ?? [] }));
    const view = await viewOf(unrelated);
    const short = await search(view, "image", "text", 2, { limit: 100, settings: given });
    const all = await search(view, "image", "text", 2, { limit: COUNT, ...exact });
    const query = Float32Array.from(queries[2]?.image ?? []);
    const { representations } = await relativeRepresentations(view, "image", query, given);
    expect(representations.slots).toHaveLength(60);
    const found = new Set(short.hits.map(({ slot }) => slot));
    const worst = short.hits.at(-1)?.score ?? NaN;
    for (const { slot, score } of all.hits) {
      if (representations.slots.includes(slot) && score > worst) expect(found).toContain(slot);
    }
    expect(short.plan.candidates).toBeGreaterThan(500);
  });

  test.each([
    ["a shortlist of them", {}],
    ["all of them", exact],
  ])("answers several queries as each alone, scoring %s", async (_, how) => {
    const view = await viewOf(anchors);
    const several = await searchAsif(view, {
      queries: Float32Array.from(queries.flatMap(({ text }) => [...text])),
      modality: "text",
      target: "image",
      limit: LIMIT,
      settings: given,
      ...how,
    });
    const alone = [0, 1, 2].map(async (query) => (await search(view, "text", "image", query, how)).hits);
    expect(several.hits).toEqual(await Promise.all(alone));
  });

  test("scores all that a filter leaves where it leaves few, and lets nothing else through where it leaves many", async () => {
    const view = await viewOf(anchors);
    const few = view.bitmap(({ id }) => id.endsWith("9"));
    const found = await search(view, "text", "image", 0, { hits: few, limit: COUNT });
    expect(found.plan).not.toHaveProperty("candidates");
    expect(found.hits).toHaveLength(COUNT / 10);
    const many = view.bitmap(({ id }) => !id.endsWith("9"));
    const short = await search(view, "text", "image", 0, { hits: many, limit: COUNT });
    expect(short.plan.candidates).toBeDefined();
    expect(short.hits.every(({ slot }) => many[slot] === 1)).toBe(true);
  });

  test.each(["none", "center", "whiten"] as const)(
    "finds nothing where no anchor serves as memory, with the transform %s",
    async (transform) => {
      const view = await viewOf(anchors);
      const nobody = settings(60, 4, { transform, allow: new Uint8Array(COUNT) });
      const found = await search(view, "text", "image", 0, { settings: nobody });
      expect(found.hits.every(({ score }) => score === 0)).toBe(true);
    },
  );
});
