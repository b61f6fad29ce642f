import { afterAll, describe, expect, test } from "vitest";
import { createGram, fitAlignment, updateGram } from "../../src/retrieval/alignment/index.ts";
import {
  closeKernels,
  openAnchorSpace,
  unitRows,
  type AnchorSpace,
  type AnchorView,
  type SpaceOptions,
} from "../../src/retrieval/index.ts";
import type { TransformRecord } from "../../src/store/index.ts";
import type { AlignmentKind, Sequence } from "../../src/types.ts";
import { idOf, randomAnchors, upsertsOf } from "../support/anchor-space.ts";
import type { NaiveAnchor } from "../support/naive-asif.ts";
import { collectingLog } from "../support/log.ts";

afterAll(closeKernels);

const KINDS = ["csa", "orthogonal", "ridge"] as const;
/** What is done in the background is waited for as long as a busy machine may take. */
const eventually = <T>(of: () => T | Promise<T>) => expect.poll(of, { timeout: 20_000 });

interface Opened {
  readonly space: AnchorSpace;
  readonly saved: TransformRecord[];
  readonly lines: string[];
  readonly write: (upserts: readonly NaiveAnchor[], deletes?: readonly string[]) => void;
}

const open = (options: Partial<SpaceOptions> = {}): Promise<Opened> =>
  openOf({ image: 12, text: 10 }, options);

const openOf = async (
  dimensions: { image: number; text: number },
  options: Partial<SpaceOptions> = {},
): Promise<Opened> => {
  const saved: TransformRecord[] = [];
  const lines: string[] = [];
  const space = await openAnchorSpace({
    imageDimension: dimensions.image,
    textDimension: dimensions.text,
    transform: "none",
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

const [QUERY] = randomAnchors(1, 99);

/** What a query looks like through a fit, and the nearest anchors there. */
const ask = async (view: AnchorView, kind: AlignmentKind, allow?: Uint8Array) => {
  const aligned = await view.align(kind, allow);
  const image = Float32Array.from(QUERY?.image ?? []);
  const { counts, slots, scores } = await aligned.search("image", image, { k: 10, rank: 100, allow });
  return {
    version: aligned.version,
    sequence: aligned.sequence,
    anchors: aligned.anchors,
    shown: Array.from(await aligned.show("image", image, 100)),
    nearest: Array.from(slots.subarray(0, counts[0]), (slot, i) => ({
      id: view.entry(slot).id,
      score: scores[i],
    })),
  };
};

const answersOf = async (view: AnchorView, kind: AlignmentKind) => {
  const { shown, nearest } = await ask(view, kind);
  return { shown, nearest };
};

describe.each(KINDS)("a fit of %s", (kind) => {
  const anchors = randomAnchors(40, 1);

  test("follows every write among few anchors, and is stored for both modalities", async () => {
    const { space, saved, write } = await open();
    write(anchors.slice(0, 30));
    expect(await ask(space.view(), kind)).toMatchObject({ version: 1, sequence: 1, anchors: 30 });
    write(anchors.slice(30));
    expect(await ask(space.view(), kind)).toMatchObject({ version: 2, sequence: 2, anchors: 40 });
    expect(saved.map(({ modality, version }) => `${modality} ${version}`)).toEqual([
      "image 1",
      "text 1",
      "image 2",
      "text 2",
    ]);
    expect(saved.every((record) => record.kind === kind)).toBe(true);
    space.close();
  });

  test("has forgotten, bit for bit, what was deleted or replaced", async () => {
    const [forgot, never] = [await open(), await open()];
    const others = randomAnchors(12, 7).map((anchor, i) => ({ ...anchor, id: `other-${i}` }));
    forgot.write([...others, { ...(others[0] as NaiveAnchor), id: anchors[3]?.id ?? "" }]);
    await ask(forgot.space.view(), kind);
    forgot.write(anchors);
    await ask(forgot.space.view(), kind);
    forgot.write(
      [],
      others.map(({ id }) => id),
    );
    never.write(anchors);
    expect(await answersOf(forgot.space.view(), kind)).toEqual(await answersOf(never.space.view(), kind));
    forgot.space.close();
    never.space.close();
  });

  test("is of too little on no anchor and on one: nothing is shown and nothing found", async () => {
    const { space, write } = await open();
    expect(await ask(space.view(), kind)).toMatchObject({ anchors: 0, shown: [], nearest: [] });
    write(anchors.slice(0, 1));
    expect(await ask(space.view(), kind)).toMatchObject({ anchors: 1, shown: [], nearest: [] });
    space.close();
  });

  test("on some anchors is that of a collection of these alone, and is not stored", async () => {
    const { space, saved, write } = await open();
    write(anchors);
    await ask(space.view(), kind);
    const before = saved.length;
    const view = space.view();
    const allow = view.bitmap(({ id }) => Number(id.split("-")[1]) % 3 > 0);
    const some = await ask(view, kind, allow);
    const alone = await open();
    alone.write(anchors.filter(({ id }) => Number(id.split("-")[1]) % 3 > 0));
    const { shown, nearest } = await ask(alone.space.view(), kind);
    expect(some).toMatchObject({ version: 0, sequence: 1, anchors: 26, shown, nearest });
    expect(saved).toHaveLength(before);
    // The fit on all is as it was.
    expect(await ask(view, kind)).toMatchObject({ version: 1, anchors: 40 });
    space.close();
    alone.space.close();
  });

  test("on some anchors answers as before when fits on many others were asked for since", async () => {
    const { space, write } = await open();
    write(anchors);
    const view = space.view();
    const asked = () =>
      Promise.all(
        Array.from({ length: 12 }, (_, left) =>
          ask(
            view,
            kind,
            view.bitmap(({ id }) => Number(id.split("-")[1]) % 12 !== left),
          ),
        ),
      );
    const before = await asked();
    expect(new Set(before.map(({ shown }) => shown.join())).size).toBe(12);
    expect(await asked()).toEqual(before);
    space.close();
  });

  test("gives the same answers after a restart, from what was stored", async () => {
    const first = await open();
    first.write(anchors);
    const asked = await ask(first.space.view(), kind);
    first.space.close();
    const again = await open({ transforms: first.saved });
    again.write(anchors);
    expect(await ask(again.space.view(), kind)).toEqual(asked);
    expect(again.saved).toEqual([]);
    again.space.close();
  });

  test("of which only one modality was stored is made anew, as the next version", async () => {
    const first = await open();
    first.write(anchors);
    await ask(first.space.view(), kind);
    first.space.close();
    const torn = await open({ transforms: first.saved.slice(0, 1) });
    torn.write(anchors);
    await ask(torn.space.view(), kind);
    expect(torn.saved.map(({ modality }) => modality)).toEqual(["image", "text"]);
    torn.space.close();
  });
});

describe("a fit among many anchors", () => {
  const anchors = randomAnchors(330, 2);

  test("may lag behind what came, until a tenth has; what goes is forgotten in the background", async () => {
    const { space, write, lines } = await open();
    write(anchors.slice(0, 300));
    await ask(space.view(), "csa");
    write(anchors.slice(300, 320));
    expect(await ask(space.view(), "csa")).toMatchObject({ version: 1, sequence: 1, anchors: 300 });
    write([], ["anchor-7"]);
    expect(await ask(space.view(), "csa")).toMatchObject({ version: 1, sequence: 1 });
    await eventually(async () => (await ask(space.view(), "csa")).sequence).toBe(3);
    const never = await open();
    never.write(anchors.slice(0, 320).filter(({ id }) => id !== "anchor-7"));
    expect(await answersOf(space.view(), "csa")).toEqual(await answersOf(never.space.view(), "csa"));
    expect(lines.some((line) => line.startsWith("csa fitted on 319 anchors in"))).toBe(true);
    space.close();
    never.space.close();
  });

  test("is made anew on request, in memory and in the store, and says so where it cannot be stored", async () => {
    let full = false;
    const saved: TransformRecord[] = [];
    const { space, write } = await open({
      saveTransform: (record) =>
        full ? Promise.reject(new Error("the disk is full")) : Promise.resolve(void saved.push(record)),
    });
    write(anchors);
    await ask(space.view(), "ridge");
    write([], ["anchor-1"]);
    await space.refit();
    expect(await ask(space.view(), "ridge")).toMatchObject({ version: 2, sequence: 2 });
    expect(saved.at(-1)).toMatchObject({ kind: "ridge", modality: "text", version: 2, sequence: 2 });
    const before = saved.length;
    await space.refit();
    expect(saved).toHaveLength(before);
    write([], ["anchor-2"]);
    full = true;
    await expect(space.refit()).rejects.toMatchObject({ code: "unavailable" });
    full = false;
    await space.refit();
    expect(saved.at(-1)).toMatchObject({ sequence: 3 });
    space.close();
  });

  test("is kept through compaction, after which the next is made from what is left", async () => {
    const { space, saved, write } = await open();
    write(anchors);
    const asked = await ask(space.view(), "csa");
    const gone = anchors.slice(0, 60).map(({ id }) => id);
    write([], gone);
    await space.compact();
    expect(await ask(space.view(), "csa")).toMatchObject({ version: 1, shown: asked.shown });
    await space.refit();
    const never = await open();
    never.write(anchors.slice(60));
    expect(await answersOf(space.view(), "csa")).toEqual(await answersOf(never.space.view(), "csa"));
    expect(new Set(saved.map(({ version }) => version)).size).toBe(saved.length / 2);
    space.close();
    never.space.close();
  });

  test("on a thread of its own is what it would be here", async () => {
    const dimensions = { image: 260, text: 130 };
    const wide = randomAnchors(420, 3, dimensions);
    const { space, write } = await openOf(dimensions);
    write(wide);
    const aligned = await space.view().align("csa");
    const view = space.view();
    const gram = createGram(dimensions.image, dimensions.text);
    const [images, texts] = [view.vectors("image", view.liveSlots()), view.vectors("text", view.liveSlots())];
    await updateGram(gram, { images, texts }, "add");
    const here = await fitAlignment(gram, "csa");
    expect(aligned.weights).toEqual(here?.weights);
    write([], [wide[0]?.id ?? ""]);
    await space.refit();
    await updateGram(
      gram,
      {
        images: unitRows(Float32Array.from(wide[0]?.image ?? []), dimensions.image),
        texts: unitRows(Float32Array.from(wide[0]?.text ?? []), dimensions.text),
      },
      "remove",
    );
    const after = await fitAlignment(gram, "csa");
    expect((await space.view().align("csa")).weights).toEqual(after?.weights);
    space.close();
  });
});
