import { afterAll, describe, expect, test, vi } from "vitest";
import {
  closeKernels,
  openAnchorSpace,
  type AnchorSpace,
  type AnchorView,
} from "../../src/retrieval/index.ts";
import type { Sequence } from "../../src/types.ts";
import { idOf, IMAGE_DIMENSION, randomAnchors, TEXT_DIMENSION, upsertsOf } from "../support/anchor-space.ts";
import type { NaiveAnchor } from "../support/naive-asif.ts";
import { nearest, opened } from "./writable-space.ts";

afterAll(closeKernels);

const sidesOf = (anchor: NaiveAnchor | undefined): Pick<NaiveAnchor, "image" | "text"> => ({
  image: anchor?.image ?? [],
  text: anchor?.text ?? [],
});

const open = (): Promise<AnchorSpace> =>
  openAnchorSpace({ imageDimension: IMAGE_DIMENSION, textDimension: TEXT_DIMENSION, transform: "none" });

describe("compaction", () => {
  const COUNT = 2_400;
  const anchors = randomAnchors(COUNT, 4, { image: 6, text: 5 });
  const queries = randomAnchors(4, 5, { image: 6, text: 5 });
  const gone = anchors.slice(0, 1_100).map(({ id }) => id);

  const ask = async (view: AnchorView): Promise<unknown[]> => {
    const answers: unknown[] = [];
    for (const { image, text } of queries) {
      answers.push(await nearest(view, "image", image, 50), await nearest(view, "text", text, 50));
    }
    return answers;
  };

  test("takes hidden rows out when they are many, and changes no answer", async () => {
    const { space, write } = await opened();
    write(anchors);
    // Below the share of dead rows from which it compacts.
    write([], gone.slice(0, 700));
    expect(space.status("image")).toMatchObject({ vectors: 1_700, tombstones: 700 });
    const old = space.view();
    const before = await ask(old);
    write([], gone.slice(700));
    await space.compact();
    expect(space.status("image")).toMatchObject({ vectors: 1_300, tombstones: 0, sequence: 3 });
    const view = space.view();
    expect(view.slotCount).toBe(1_300);
    const { space: fresh, write: writeFresh } = await opened();
    writeFresh(anchors.slice(1_100));
    expect(await ask(view)).toEqual(await ask(fresh.view()));
    expect(await ask(old)).toEqual(before);
    expect(old.slotOf(idOf(gone[900] ?? ""))).toBeDefined();
    expect(view.slotOf(idOf(gone[900] ?? ""))).toBeUndefined();
  });

  test("hides in the copy what is deleted or written again after it was copied", async () => {
    const { space, write } = await opened();
    const { space: plain, write: writePlain } = await opened();
    const both = (upserts: typeof anchors, deletes: readonly string[] = []): void => {
      write(upserts, deletes);
      writePlain(upserts, deletes);
    };
    const idAt = (at: number): string => anchors[at]?.id ?? "";
    both(anchors, [idAt(0)]);
    // Each reading of the clock takes 3 ms of the 4 that a slice may last, so that a slice copies one batch of 64 rows.
    let clock = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => (clock += 3));
    const compacting = space.compact();
    while (now.mock.calls.length < 6) await new Promise(setImmediate);
    const copied = 64 * Math.floor(now.mock.calls.length / 3);
    expect(copied).toBeGreaterThan(10);
    expect(copied).toBeLessThan(COUNT / 2);
    // Rows that are copied, rows that are not, and one of each that comes back.
    both([], [idAt(1), idAt(2), idAt(COUNT - 1), idAt(COUNT - 2)]);
    both(
      [2, 3, COUNT - 2, COUNT - 3].map((at) => ({ id: idAt(at), ...sidesOf(anchors[at + 1] ?? anchors[0]) })),
    );
    both([], [idAt(3)]);
    expect(space.status("image").tombstones).toBeGreaterThan(0);
    now.mockRestore();
    await compacting;
    expect(space.view().slotCount).toBeLessThan(plain.view().slotCount);
    const idsIn = (view: AnchorView): string[] => Array.from(view.liveSlots(), (slot) => view.entry(slot).id);
    expect(idsIn(space.view())).toEqual(idsIn(plain.view()));
    expect(await ask(space.view())).toEqual(await ask(plain.view()));
  });

  test("goes on taking writes once it is done", async () => {
    const { space, write } = await opened();
    write(anchors);
    write(anchors.slice(0, 1_200).map((one, i) => ({ ...one, image: anchors[COUNT - 1 - i]?.image ?? [] })));
    await space.compact();
    expect(space.status("text").tombstones).toBe(0);
    write(anchors.slice(0, 1_200));
    const { space: fresh, write: writeFresh } = await opened();
    writeFresh(anchors);
    expect(await ask(space.view())).toEqual(await ask(fresh.view()));
  });

  test("leaves no slot that was dead when it was asked for, though another runs already", async () => {
    const { space, write } = await opened();
    write(anchors);
    write([], gone.slice(0, 10));
    const first = space.compact();
    write([], gone.slice(10, 30));
    const second = space.compact();
    await first;
    await second;
    expect(space.status("image")).toMatchObject({ vectors: COUNT - 30, tombstones: 0 });
    expect(space.view().slotCount).toBe(COUNT - 30);
  });

  test("lets queries and writes go on while it copies, and misses none of them", async () => {
    const { space, write } = await opened();
    const { space: plain, write: writePlain } = await opened();
    const many = randomAnchors(40_000, 6, { image: 6, text: 5 });
    const both = (upserts: typeof many, deletes: readonly string[] = []): void => {
      write(upserts, deletes);
      writePlain(upserts, deletes);
    };
    both(
      many,
      many.slice(0, 5).map(({ id }) => id),
    );
    const isCompact = (): boolean => space.view().slotCount < plain.view().slotCount;
    const compacting = space.compact();
    let turns = 0;
    for (; !isCompact(); turns++) {
      const at = 100 * turns;
      // Deleted, written anew, deleted and written again in one turn, and never seen before.
      both(
        [],
        many.slice(at, at + 40).map(({ id }) => id),
      );
      both(many.slice(at + 20, at + 30).map((one) => ({ ...one, text: many[at]?.text ?? [] })));
      both(many.slice(at, at + 1).map((one) => ({ ...one, id: `new-${turns}` })));
      expect(await ask(space.view())).toEqual(await ask(plain.view()));
    }
    await compacting;
    expect(turns).toBeGreaterThan(0);
    expect(space.status("image").tombstones).toBeLessThan(plain.status("image").tombstones);
    expect(await ask(space.view())).toEqual(await ask(plain.view()));
    const idsIn = (view: AnchorView): string[] => Array.from(view.liveSlots(), (slot) => view.entry(slot).id);
    expect(idsIn(space.view())).toEqual(idsIn(plain.view()));
  });

  test("keeps vectors bit for bit", async () => {
    const { space, write } = await opened();
    write(anchors);
    const bitsOf = (view: AnchorView): Float32Array => view.vectors("image", view.liveSlots().slice(-1_000));
    const before = bitsOf(space.view());
    for (const id of gone.slice(0, 3)) {
      write([], [id]);
      await space.compact();
    }
    expect(bitsOf(space.view())).toEqual(before);
  });

  test("ends early where the space is closed", async () => {
    const { space, write } = await opened();
    write(anchors, ["anchor-1"]);
    const compacting = space.compact();
    space.close();
    await compacting;
    expect(space.status("image").tombstones).toBe(1);
  });
});

describe("the status of a collection's memory", () => {
  test("counts live and hidden vectors, and names the sequence and the transform", async () => {
    const space = await open();
    expect(space.status("image")).toEqual({
      kind: "exact",
      graph: null,
      partitions: null,
      dimension: IMAGE_DIMENSION,
      vectors: 0,
      tombstones: 0,
      sequence: 0,
      transform: "none",
      transformVersion: 0,
      transformSequence: 0,
    });
    space.apply({
      sequence: 7 as Sequence,
      upserts: upsertsOf(randomAnchors(5, 6, { image: 6, text: 5 })),
      deletes: [],
    });
    space.apply({ sequence: 9 as Sequence, upserts: [], deletes: [idOf("anchor-1")] });
    expect(space.status("text")).toMatchObject({
      dimension: TEXT_DIMENSION,
      vectors: 4,
      tombstones: 1,
      sequence: 9,
    });
  });

  test("names the transform of each modality: texts are centred at most", async () => {
    const space = await openAnchorSpace({ imageDimension: 6, textDimension: 5, transform: "whiten" });
    expect(space.status("image").transform).toBe("whiten");
    expect(space.status("text").transform).toBe("center");
  });
});
