import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import type { Modality } from "../../src/types.ts";
import { exactImage, exactText, idOf, randomAnchors } from "../support/anchor-space.ts";
import { compareUtf8, type NaiveAnchor } from "../support/naive-asif.ts";
import { naiveNearest } from "../support/naive-index.ts";
import { nearest, opened } from "./writable-space.ts";

afterAll(closeKernels);

const naively = (
  anchors: readonly NaiveAnchor[],
  modality: Modality,
  query: readonly number[],
  k: number,
): { id: string; score: number }[] =>
  naiveNearest(
    anchors.map((anchor) => anchor[modality]),
    query,
    {
      k,
      allowed: () => true,
      compare: (a, b) => compareUtf8(anchors[a]?.id ?? "", anchors[b]?.id ?? ""),
    },
  ).map(({ slot, score }) => ({ id: anchors[slot]?.id ?? "", score: score + 0 }));

const IDS = ["a", "b", "c", "ä", "\u{1f98a}", "\uffee", "zz"];
const anchor = fc.record({ id: fc.constantFrom(...IDS), image: exactImage, text: exactText });
const writes = fc.array(
  fc.record({
    upserts: fc.uniqueArray(anchor, { maxLength: 5, selector: ({ id }) => id }),
    deletes: fc.subarray(IDS, { maxLength: 3 }),
  }),
  { maxLength: 8 },
);

/** Everything that a view shows, against a plain list of anchors. */
const expectShows = async (
  view: AnchorView,
  anchors: readonly NaiveAnchor[],
  image: number[],
  text: number[],
) => {
  expect(view.size).toBe(anchors.length);
  const inOrder = anchors.map(({ id }) => id).sort(compareUtf8);
  expect(Array.from(view.liveSlots(), (slot) => view.entry(slot).id)).toEqual(inOrder);
  for (const id of IDS) {
    const slot = view.slotOf(idOf(id));
    const known = anchors.find((candidate) => candidate.id === id);
    expect(slot === undefined ? undefined : view.entry(slot).id).toBe(known?.id);
    if (slot === undefined) continue;
    expect(view.isLive(slot)).toBe(true);
    expect(Array.from(view.vectors("image", [slot]), (value) => value + 0)).toEqual(
      known?.image.map((value) => value + 0),
    );
  }
  const bitmap = view.bitmap(({ id }) => id < "c");
  expect(bitmap).toHaveLength(view.slotCount);
  expect(bitmap.reduce((sum, bit) => sum + bit, 0)).toBe(anchors.filter(({ id }) => id < "c").length);
  expect(await nearest(view, "image", image, 4)).toEqual(naively(anchors, "image", image, 4));
  expect(await nearest(view, "text", text, 100)).toEqual(naively(anchors, "text", text, 100));
  expect(await nearest(view, "text", text, 100, bitmap)).toEqual(
    naively(
      anchors.filter(({ id }) => id < "c"),
      "text",
      text,
      100,
    ),
  );
};

describe("a collection's memory", () => {
  test("shows every write in the next view, and each view stays as it was", async () => {
    await fc.assert(
      fc.asyncProperty(writes, exactImage, exactText, async (changes, image, text) => {
        const { space, write } = await opened();
        const model = new Map<string, NaiveAnchor>();
        const views: { view: AnchorView; anchors: NaiveAnchor[] }[] = [{ view: space.view(), anchors: [] }];
        for (const { upserts, deletes } of changes) {
          write(upserts, deletes);
          for (const one of upserts) model.set(one.id, one);
          for (const id of deletes) model.delete(id);
          views.push({ view: space.view(), anchors: [...model.values()] });
        }
        for (const [i, { view, anchors }] of views.entries()) {
          expect(view.sequence).toBe(i);
          await expectShows(view, anchors, image, text);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("replaces an anchor as if it had been deleted and written anew", async () => {
    const [before, after] = [
      randomAnchors(30, 1, { image: 6, text: 5 }),
      randomAnchors(30, 2, { image: 6, text: 5 }),
    ];
    const [replaced, rewritten] = [await opened(), await opened()];
    replaced.write(before);
    replaced.write(after.slice(0, 10));
    rewritten.write(before);
    rewritten.write(
      [],
      after.slice(0, 10).map(({ id }) => id),
    );
    rewritten.write(after.slice(0, 10));
    for (const modality of ["image", "text"] as const) {
      const query = after[4]?.[modality].slice() ?? [];
      expect(await nearest(replaced.space.view(), modality, query, 30)).toEqual(
        await nearest(rewritten.space.view(), modality, query, 30),
      );
    }
  });

  test("takes the last of several anchors of one id in a write, and no notice of deleting what is not there", async () => {
    const { space, write } = await opened();
    write(
      [
        { id: "a", image: [1, 0, 0, 0, 0, 0], text: [1, 0, 0, 0, 0] },
        { id: "a", image: [0, 1, 0, 0, 0, 0], text: [0, 1, 0, 0, 0] },
      ],
      ["nobody"],
    );
    const view = space.view();
    expect(view.size).toBe(1);
    expect(await nearest(view, "image", [0, 1, 0, 0, 0, 0], 5)).toEqual([{ id: "a", score: 1 }]);
  });

  test("answers a search as of its view, though writes come while it runs", async () => {
    const anchors = randomAnchors(400, 3, { image: 6, text: 5 });
    const { space, write } = await opened();
    write(anchors.slice(0, 200));
    const view = space.view();
    const query = anchors[5]?.image.slice() ?? [];
    const running = Promise.all([nearest(view, "image", query, 200), nearest(view, "image", query, 200)]);
    write(
      anchors.slice(200),
      anchors.slice(0, 50).map(({ id }) => id),
    );
    const [first, second] = await running;
    const { space: still, write: writeStill } = await opened();
    writeStill(anchors.slice(0, 200));
    expect(first).toEqual(await nearest(still.view(), "image", query, 200));
    expect(second).toEqual(first);
    expect(await nearest(space.view(), "image", query, 400)).toHaveLength(350);
  });

  test("hands out one view as long as nothing is written", async () => {
    const { space, write } = await opened();
    const empty = space.view();
    expect(space.view()).toBe(empty);
    write([{ id: "a", image: [1, 0, 0, 0, 0, 0], text: [1, 0, 0, 0, 0] }]);
    expect(space.view()).not.toBe(empty);
  });

  test("refuses a slot that a view does not know", async () => {
    const { space, write } = await opened();
    write([{ id: "a", image: [1, 0, 0, 0, 0, 0], text: [1, 0, 0, 0, 0] }]);
    const view = space.view();
    write([{ id: "b", image: [1, 0, 0, 0, 0, 0], text: [1, 0, 0, 0, 0] }]);
    expect(() => view.entry(1)).toThrow(RangeError);
    expect(view.isLive(1)).toBe(false);
    expect(view.slotOf(idOf("b"))).toBeUndefined();
  });

  test("keeps vectors at norm 1, and one without direction at 0, similar to nothing", async () => {
    const { space, write } = await opened({ image: 2, text: 2 });
    write([
      { id: "long", image: [30, 40], text: [1, 0] },
      { id: "nowhere", image: [0, 0], text: [1, 0] },
    ]);
    const view = space.view();
    expect([...view.vectors("image", [0, 1])]).toEqual([...Float32Array.of(0.6, 0.8, 0, 0)]);
    expect(await nearest(view, "image", [-3, -4], 2)).toEqual([
      { id: "nowhere", score: 0 },
      { id: "long", score: expect.closeTo(-1, 6) as number },
    ]);
  });
});
