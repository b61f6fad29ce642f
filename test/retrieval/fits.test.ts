import type { FittedTransform } from "../../src/api/transforms.ts";
import { afterAll, describe, expect, test } from "vitest";
import {
  closeKernels,
  openAnchorSpace,
  type AnchorSpace,
  type AnchorView,
  type SpaceOptions,
} from "../../src/retrieval/index.ts";
import type { TransformRecord } from "../../src/store/index.ts";
import type { Modality, Sequence, Transform } from "../../src/types.ts";
import { idOf, randomAnchors, upsertsOf } from "../support/anchor-space.ts";
import { compareUtf8, cosine, naiveTransform, type NaiveAnchor } from "../support/naive-asif.ts";
import { collectingLog } from "../support/log.ts";

afterAll(closeKernels);

/** What is done in the background is waited for as long as a busy machine may take. */
const eventually = <T>(of: () => T | Promise<T>) => expect.poll(of, { timeout: 20_000 });

const DIMENSIONS = { imageDimension: 12, textDimension: 10 };

interface Opened {
  readonly space: AnchorSpace;
  /** What was stored, in order. */
  readonly saved: TransformRecord[];
  readonly lines: string[];
  readonly write: (upserts: readonly NaiveAnchor[], deletes?: readonly string[]) => void;
}

const open = async (options: Partial<SpaceOptions> = {}): Promise<Opened> => {
  const saved: TransformRecord[] = [];
  const lines: string[] = [];
  const space = await openAnchorSpace({
    ...DIMENSIONS,
    transform: "center",
    saveTransform: (record) => Promise.resolve(void saved.push(record)),
    log: collectingLog(lines),
    ...options,
  });
  let sequence = 0;
  return {
    space,
    saved,
    lines,
    write: (upserts, deletes = []) =>
      space.apply({
        sequence: ++sequence as Sequence,
        upserts: upsertsOf(upserts),
        deletes: deletes.map(idOf),
      }),
  };
};

const openWith = async (
  anchors: readonly NaiveAnchor[],
  options: Partial<SpaceOptions> = {},
): Promise<Opened> => {
  const opened = await open(options);
  opened.write(anchors);
  return opened;
};

const QUERIES = randomAnchors(5, 99);

interface Answer {
  readonly version: number;
  readonly transform: FittedTransform;
  readonly hits: readonly { readonly id: string; readonly score: number }[];
}

const ask = async (
  view: AnchorView,
  modality: Modality,
  transform: Transform,
  query = 0,
): Promise<Answer> => {
  const { neighbours, plan } = await view.search(
    modality,
    Float32Array.from(QUERIES[query]?.[modality] ?? []),
    {
      k: 20,
      transform,
    },
  );
  return {
    version: plan.transformVersion,
    transform: plan.transform,
    hits: Array.from(neighbours.slots, (slot, i) => ({
      id: view.entry(slot).id,
      score: neighbours.scores[i] ?? NaN,
    })),
  };
};

describe.each(["center", "whiten", "auto"] as const)("the transform %s", (kind) => {
  test("answers by the cosine of what its definition makes of vectors", async () => {
    const anchors = randomAnchors(150, 1);
    const { space } = await openWith(anchors);
    for (const modality of ["image", "text"] as const) {
      const show = naiveTransform(anchors, modality, kind);
      const query = show(QUERIES[0]?.[modality] ?? []);
      const expected = anchors
        .map((anchor) => ({ id: anchor.id, score: cosine(show(anchor[modality]), query) }))
        .sort((a, b) => b.score - a.score || compareUtf8(a.id, b.id));
      const { hits } = await ask(space.view(), modality, kind);
      hits.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i]?.score ?? NaN, 3));
      const wanted = new Set(expected.slice(0, 25).map(({ id }) => id));
      for (const { id } of hits) expect(wanted).toContain(id);
    }
  });

  test("has version 0 before it is fitted, and one more with each fit", async () => {
    const anchors = randomAnchors(60, 2);
    const { space, write, saved } = await openWith(anchors.slice(0, 50));
    expect(space.view().fitVersion("image", kind)).toBe(0);
    expect((await ask(space.view(), "image", kind)).version).toBe(1);
    expect((await ask(space.view(), "image", kind, 1)).version).toBe(1);
    write(anchors.slice(50));
    expect((await ask(space.view(), "image", kind)).version).toBe(2);
    expect(space.view().fitVersion("image", kind)).toBe(2);
    expect(saved.map(({ version, sequence, anchorCount }) => ({ version, sequence, anchorCount }))).toEqual([
      { version: 1, sequence: 1, anchorCount: 50 },
      { version: 2, sequence: 2, anchorCount: 60 },
    ]);
  });

  test("among few anchors follows every change at once", async () => {
    const anchors = randomAnchors(120, 3);
    const { space, write } = await openWith(anchors.slice(0, 60));
    await ask(space.view(), "image", kind);
    write(
      anchors.slice(60),
      anchors.slice(0, 10).map(({ id }) => id),
    );
    const fresh = await openWith(anchors.slice(10));
    expect((await ask(space.view(), "image", kind)).hits).toEqual(
      (await ask(fresh.space.view(), "image", kind)).hits,
    );
  });

  test("is fitted once for a crowd of queries", async () => {
    const { space, saved } = await openWith(randomAnchors(100, 4));
    const view = space.view();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(view, "image", kind)));
    expect(saved).toHaveLength(1);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test("gives the same answers after a restart, from the fit that was stored", async () => {
    const anchors = randomAnchors(300, 5);
    const first = await openWith(anchors);
    const before = await Promise.all([
      ask(first.space.view(), "image", kind),
      ask(first.space.view(), "text", kind),
    ]);
    const second = await openWith(anchors, { transforms: first.saved });
    const after = await Promise.all([
      ask(second.space.view(), "image", kind),
      ask(second.space.view(), "text", kind),
    ]);
    expect(after).toEqual(before);
    expect(second.saved).toEqual([]);
    // Even where the fit had fallen behind, as it may among many anchors.
    const later = randomAnchors(310, 6).slice(300);
    first.write(later);
    second.write(later);
    const third = await open({ transforms: first.saved });
    third.write([...anchors, ...later]);
    const lagging = await ask(first.space.view(), "image", kind);
    expect(lagging.version).toBe(1);
    expect(await ask(second.space.view(), "image", kind)).toEqual(lagging);
    expect((await ask(third.space.view(), "image", kind)).hits).toEqual(lagging.hits);
  });

  test("fits anew in the background after any removal, so that nothing learnt of the removed is left", async () => {
    const anchors = randomAnchors(300, 8);
    const { space, write, saved } = await openWith(anchors);
    const { version } = await ask(space.view(), "image", kind);
    write([], [anchors[7]?.id ?? ""]);
    await ask(space.view(), "image", kind);
    await eventually(() => saved.length).toBe(2);
    await eventually(() => space.view().fitVersion("image", kind)).toBe(version + 1);
    const never = await openWith(anchors.toSpliced(7, 1));
    expect((await ask(space.view(), "image", kind)).hits).toEqual(
      (await ask(never.space.view(), "image", kind)).hits,
    );
  });

  test("lets the fit lag among many anchors, until a tenth of them changed; then fits in the background", async () => {
    const anchors = randomAnchors(400, 7);
    const { space, write, saved } = await openWith(anchors.slice(0, 300));
    const { version } = await ask(space.view(), "image", kind);
    write(anchors.slice(300, 330));
    expect((await ask(space.view(), "image", kind)).version).toBe(version);
    expect(saved).toHaveLength(1);
    write(anchors.slice(330, 335));
    const view = space.view();
    expect((await ask(view, "image", kind)).version).toBe(version);
    await eventually(() => saved.length).toBe(2);
    await eventually(() => space.view().fitVersion("image", kind)).toBe(version + 1);
    const fresh = await openWith(anchors.slice(0, 335));
    const answer = await ask(space.view(), "image", kind);
    expect(answer.version).toBe(version + 1);
    expect(answer.hits).toEqual((await ask(fresh.space.view(), "image", kind)).hits);
    // An older view is shown through the newer fit: a fit never goes back.
    expect((await ask(view, "image", kind)).version).toBe(version + 1);
  });

  test("fits anew on request what was fitted before, and only that, in memory and in the store", async () => {
    const anchors = randomAnchors(300, 21);
    const { space, write, saved } = await openWith(anchors);
    await ask(space.view(), "image", kind);
    expect(space.status("text").transformSequence).toBe(1);
    write([], [anchors[7]?.id ?? ""]);
    await space.refit();
    expect(saved.map(({ modality, sequence }) => [modality, sequence])).toEqual([
      ["image", 1],
      ["image", 2],
    ]);
    const look = await space.view().look("image", kind);
    expect(look).toMatchObject({ transformVersion: 2, transformSequence: 2 });
    await space.refit();
    expect(saved).toHaveLength(2);
    const never = await openWith(anchors.toSpliced(7, 1));
    expect((await ask(space.view(), "image", kind)).hits).toEqual(
      (await ask(never.space.view(), "image", kind)).hits,
    );
  });

  test("that was stored and not asked for since is fitted anew on request too", async () => {
    const anchors = randomAnchors(300, 22);
    const before = await openWith(anchors);
    await ask(before.space.view(), "image", kind);
    const { space, write, saved } = await openWith(anchors, { transforms: before.saved });
    write([], [anchors[3]?.id ?? ""]);
    await space.refit();
    expect(saved).toMatchObject([{ modality: "image", version: 2, sequence: 2, anchorCount: 299 }]);
  });

  test("that cannot be stored is no fit to forget by: the old one may still be there", async () => {
    const anchors = randomAnchors(300, 23);
    let full = false;
    const { space, write } = await openWith(anchors, {
      saveTransform: () => (full ? Promise.reject(new Error("the disk is full")) : Promise.resolve()),
    });
    await ask(space.view(), "image", kind);
    write([], [anchors[3]?.id ?? ""]);
    full = true;
    await expect(space.refit()).rejects.toMatchObject({ code: "unavailable" });
    full = false;
    await space.refit();
    expect(space.view().fitVersion("image", kind)).toBeGreaterThan(1);
  });

  test("is one and the same in a look, whatever is fitted meanwhile", async () => {
    const anchors = randomAnchors(300, 24);
    const { space, write } = await openWith(anchors);
    const view = space.view();
    const look = await view.look("image", kind);
    const query = Float32Array.from(QUERIES[0]?.image ?? []);
    const before = await look.search(await look.show(query), { k: 20 });
    write([], [anchors[3]?.id ?? ""]);
    await space.refit();
    expect(await look.search(await look.show(query), { k: 20 })).toEqual(before);
    expect((await space.view().look("image", kind)).transformVersion).toBe(look.transformVersion + 1);
  });

  test("is kept through compaction", async () => {
    const anchors = randomAnchors(2_300, 8);
    const { space, write, saved } = await openWith(anchors.slice(0, 100));
    await ask(space.view(), "image", kind);
    write(anchors.slice(100));
    const { version } = await ask(space.view(), "image", kind);
    // From 256 anchors on `auto` is another fit, whose versions begin anew.
    expect(version).toBe(kind === "auto" ? 1 : 2);
    // Dead rows enough to compact, yet replaced by the same anchors: only rounding could tell a new fit from the old.
    write(anchors.slice(0, 1_010));
    await space.compact();
    expect(space.status("image").tombstones).toBe(0);
    const answer = await ask(space.view(), "image", kind);
    expect(answer.version).toBe(version);
    const fresh = await openWith(anchors, { transforms: saved.slice(1, 2) });
    expect(answer.hits).toEqual((await ask(fresh.space.view(), "image", kind)).hits);
    await eventually(() => saved.at(-1)?.version).toBe(version + 1);
  });

  test("gets no version twice where memory is compacted while a fit runs", async () => {
    const anchors = randomAnchors(150, 13);
    const { space, write, saved } = await openWith(anchors);
    const { version } = await ask(space.view(), "image", kind);
    write(
      [],
      anchors.slice(0, 5).map(({ id }) => id),
    );
    const old = space.view();
    const running = ask(old, "image", kind);
    await space.compact();
    expect(space.status("image").tombstones).toBe(0);
    write(
      [],
      anchors.slice(5, 10).map(({ id }) => id),
    );
    const after = await ask(space.view(), "image", kind);
    expect(after.version).not.toBe((await running).version);
    expect(after.version).toBeGreaterThan(version + 1);
    const versions = saved.map((record) => record.version);
    expect(versions).toEqual([...new Set(versions)]);
    const fresh = await openWith(anchors.slice(10));
    expect(after.hits).toEqual((await ask(fresh.space.view(), "image", kind)).hits);
  });

  test("is none where there are fewer than two anchors, or all are the same", async () => {
    const [one] = randomAnchors(1, 9);
    const same = ["a", "b", "c"].map((id): NaiveAnchor => ({
      id,
      image: one?.image ?? [],
      text: one?.text ?? [],
    }));
    for (const anchors of [[], same.slice(0, 1), same]) {
      const { space, saved } = await openWith(anchors);
      const { hits, version } = await ask(space.view(), "image", kind);
      expect(version).toBe(1);
      const plain = await ask(space.view(), "image", "none");
      expect(hits).toEqual(plain.hits);
      expect(saved[0]).toMatchObject({ version: 1, anchorCount: anchors.length, projection: null });
      expect(saved[0]?.mean).toHaveLength(0);
      const again = await openWith(anchors, { transforms: saved });
      expect((await ask(again.space.view(), "image", kind)).hits).toEqual(hits);
    }
  });

  test("answers all the same where it cannot be stored, and says so", async () => {
    const anchors = randomAnchors(40, 10);
    const { space, lines } = await openWith(anchors, {
      saveTransform: () => Promise.reject(new Error("the disk is full")),
    });
    const { hits } = await ask(space.view(), "image", kind);
    expect(hits).toEqual((await ask((await openWith(anchors)).space.view(), "image", kind)).hits);
    expect(lines).toEqual(["warn: a fitted transform could not be stored: the disk is full"]);
  });
});

describe("transforms beside each other", () => {
  test("are fitted for each modality on its own, and texts are centred at most", async () => {
    const { space, saved } = await openWith(randomAnchors(50, 11));
    const view = space.view();
    const answers = [
      await ask(view, "text", "whiten"),
      await ask(view, "text", "center"),
      await ask(view, "image", "whiten"),
    ];
    expect(answers.map(({ transform }) => transform)).toEqual(["center", "center", "whiten"]);
    expect(answers[0]).toEqual(answers[1]);
    expect(saved.map(({ modality, kind }) => `${modality} ${kind}`)).toEqual(["text center", "image whiten"]);
  });

  test("do not touch answers without one", async () => {
    const { space } = await openWith(randomAnchors(50, 12));
    const before = await ask(space.view(), "image", "none");
    await ask(space.view(), "image", "whiten");
    expect(await ask(space.view(), "image", "none")).toEqual(before);
    expect(before.version).toBe(0);
  });
});
