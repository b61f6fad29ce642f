import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  closeKernels,
  forgetErased,
  forgetGone,
  loadGraphLibrary,
  requireGraphLibrary,
  readBuilt,
  type AnchorSpace,
  type BuildSubject,
  type BuiltIndex,
} from "../../../src/retrieval/index.ts";
import type { Sequence, Transform } from "../../../src/types.ts";
import { idOf, upsertsOf } from "../../support/anchor-space.ts";
import type { NaiveAnchor } from "../../support/naive-asif.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import { anchorsOf, build, openSpace, subjectOf } from "../../features/index-building/build/subject.ts";

afterAll(closeKernels);

const graphLibrary = await loadGraphLibrary();
const COUNT = 600;

/** A folder with the index of `anchors`. */
const builtOf = async (anchors: readonly NaiveAnchor[], transform: Transform = "none") => {
  const folder = await temporaryDirectory();
  const space = await openSpace(anchors, transform);
  await build(folder, subjectOf(space, transform));
  return folder;
};

const read = async (folder: string, subject: BuildSubject) =>
  readBuilt(
    folder,
    { ...subject, sequence: subject.view.sequence, anchors: subject.view.size },
    requireGraphLibrary,
  );

const indexOf = async (folder: string, subject: BuildSubject): Promise<BuiltIndex> => {
  const found = await read(folder, subject);
  return found.state === "read" ? found.index : expect.fail(JSON.stringify(found));
};

const search = async (
  space: AnchorSpace,
  query: readonly number[],
  options: { readonly exact?: boolean; readonly transform?: Transform } = {},
) => {
  const view = space.view();
  const { neighbours, plan } = await view.search("image", Float32Array.from(query), {
    k: 10,
    transform: options.transform ?? "none",
    ...(options.exact === true ? { exact: true } : { ef: 300 }),
  });
  const ids = Array.from(
    neighbours.slots.subarray(0, neighbours.counts[0] ?? 0),
    (slot) => view.entry(slot).id,
  );
  return { ids, plan };
};

const graphOf = (space: AnchorSpace, transform: Transform = "none") => space.status("image", transform).graph;

/** The graph finds nearly all of what the exact index does, and nothing that it does not know. */
const expectFound = async (space: AnchorSpace, transform: Transform = "none"): Promise<void> => {
  let found = 0;
  for (const { image } of anchorsOf(50, 9)) {
    const exact = await search(space, image, { exact: true, transform });
    const { ids, plan } = await search(space, image, { transform });
    expect(plan.index).toBe("hnsw");
    expect(new Set(ids).size).toBe(10);
    for (const id of ids) expect(space.view().slotOf(id)).toBeDefined();
    found += ids.filter((id) => exact.ids.includes(id)).length;
  }
  expect(found / 500).toBeGreaterThan(0.98);
};

describe.skipIf(graphLibrary === undefined)("a built index that is adopted", () => {
  it("answers as the exact index does, whatever slots the anchors have", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors);
    const space = await openSpace([...anchors].reverse());
    const adopted = await space.adopt(await indexOf(folder, subjectOf(space)));
    expect(adopted).toEqual({ sequence: 1, image: { gone: 0, added: 0 }, text: { gone: 0, added: 0 } });
    expect(graphOf(space)).toEqual({ source: "adopted", sequence: 1, state: "ready", vectors: COUNT });
    await expectFound(space);
  });

  it("hides what was deleted or replaced since, and finds what was added", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors);
    const moved = anchorsOf(40, 3).slice(0, 30);
    const added = anchorsOf(20, 4).map((one) => ({ ...one, id: `new-${one.id}` }));
    const space = await openSpace(anchors);
    space.apply({
      sequence: 2 as Sequence,
      upserts: upsertsOf([...moved, ...added]),
      deletes: anchors.slice(100, 150).map(({ id }) => idOf(id)),
    });
    const { image } = await space.adopt(await indexOf(folder, subjectOf(space)));
    expect(image).toEqual({ gone: 80, added: 50 });
    await expect.poll(() => graphOf(space)).toMatchObject({ state: "ready", vectors: COUNT - 30 });
    await expectFound(space);
  });

  it("follows the writes that come after it was adopted", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors);
    const space = await openSpace(anchors);
    await space.adopt(await indexOf(folder, subjectOf(space)));
    const added = anchorsOf(30, 4).map((one) => ({ ...one, id: `new-${one.id}` }));
    space.apply({ sequence: 2 as Sequence, upserts: upsertsOf(added), deletes: [idOf("anchor-3")] });
    await search(space, added[0]?.image ?? []);
    await expect.poll(() => graphOf(space)?.state).toBe("ready");
    await expectFound(space);
  });

  it("brings the fits it was built over, which later writes make anew as any other", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors, "auto");
    const space = await openSpace(anchors, "auto");
    await space.adopt(await indexOf(folder, subjectOf(space, "auto")));
    const { transformVersion, transformSequence } = space.status("image", "auto");
    expect({ transformVersion, transformSequence }).toEqual({ transformVersion: 1, transformSequence: 1 });
    await expectFound(space, "auto");

    space.apply({ sequence: 2 as Sequence, upserts: upsertsOf(anchorsOf(1, 4)), deletes: [] });
    space.apply({ sequence: 3 as Sequence, upserts: [], deletes: [idOf("anchor-3")] });
    await search(space, anchors[0]?.image ?? [], { transform: "auto" });
    await expect.poll(() => space.status("image", "auto").transformVersion).toBe(2);
    await search(space, anchors[0]?.image ?? [], { transform: "auto" });
    await expect.poll(() => graphOf(space, "auto")).toMatchObject({ source: "built", state: "ready" });
    await expectFound(space, "auto");
  });

  it("is built anew after a compaction, so that memory holds no deleted vector", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors);
    // Deleted before the start: memory never had it, and only the graph holds it.
    const space = await openSpace(anchors.slice(1));
    await space.adopt(await indexOf(folder, subjectOf(space)));
    expect(graphOf(space)).toMatchObject({ source: "adopted", vectors: COUNT - 1 });
    await space.compact();
    expect(graphOf(space)).toBeNull();
    await search(space, anchors[5]?.image ?? []);
    await expect.poll(() => graphOf(space)).toMatchObject({ source: "built", state: "ready" });
    space.apply({ sequence: 2 as Sequence, upserts: [], deletes: [idOf("anchor-3")] });
    await space.compact();
    const { plan } = await search(space, anchors[5]?.image ?? []);
    expect(plan).toMatchObject({ index: "exact", reason: "the HNSW graph is being built" });
    await expect.poll(() => graphOf(space)).toMatchObject({ source: "built", vectors: COUNT - 2 });
  });

  it("makes the planner compare both indexes at any size, and go by the recall that was measured", async () => {
    const anchors = anchorsOf(COUNT);
    const folder = await builtOf(anchors);
    const space = await openSpace(anchors);
    const query = Float32Array.from(anchors[0]?.image ?? []);
    const plan = async () => (await space.view().search("image", query, { k: 10, transform: "none" })).plan;
    expect(await plan()).toMatchObject({ index: "exact", reason: "600 anchors are at most 30000" });
    await space.adopt(await indexOf(folder, subjectOf(space)));
    expect(await plan()).toHaveProperty("otherMs");
  });
});

describe.skipIf(graphLibrary === undefined)("a built index that does not suit", () => {
  const anchors = anchorsOf(COUNT);

  it("is refused where it has the fit of an anchor that is gone", async () => {
    const folder = await builtOf(anchors, "center");
    const space = await openSpace(anchors.slice(1), "center");
    const built = await indexOf(folder, subjectOf(space, "center"));
    await expect(space.adopt(built)).rejects.toMatchObject({
      code: "conflict",
      message:
        "Build the index anew: anchors that its center transform was fitted on were deleted or replaced since (1).",
    });
    expect(graphOf(space, "center")).toBeNull();
  });

  it("is refused where another library built its graphs", async () => {
    if (graphLibrary === undefined) return expect.unreachable();
    const folder = await builtOf(anchors);
    const space = await openSpace(anchors);
    const subject = { ...subjectOf(space), sequence: space.view().sequence, anchors: COUNT };
    const { name } = graphLibrary;
    const other = name === "usearch" ? "hnswlib" : "usearch";
    expect(await readBuilt(folder, subject, () => Promise.resolve({ ...graphLibrary, name: other }))).toEqual(
      {
        state: "mismatch",
        reason: `its graphs are files of ${name}, and ${other} builds graphs here`,
        isUseless: true,
      },
    );
  });

  it("is refused where most anchors have changed", async () => {
    const folder = await builtOf(anchors);
    const space = await openSpace([...anchors.slice(0, 200), ...anchorsOf(COUNT, 5).slice(200)]);
    await expect(space.adopt(await indexOf(folder, subjectOf(space)))).rejects.toMatchObject({
      code: "conflict",
      message:
        "Build the index anew: 400 of its 600 anchors were deleted or replaced since, and 400 were added.",
    });
  });

  it.each<[string, (subject: BuildSubject) => BuildSubject, object]>([
    [
      "another encoder",
      (subject) => ({
        ...subject,
        encoders: { ...subject.encoders, text: { ...subject.encoders.text, sha256: "3" } },
      }),
      { state: "mismatch", reason: "its text vectors are of another encoder (t)", isUseless: true },
    ],
    [
      "another collection of that name",
      (subject) => ({
        ...subject,
        collection: { ...subject.collection, createdAt: "2025-01-01T00:00:00.000Z" },
      }),
      {
        state: "mismatch",
        reason: "it is of another collection (birds, made 2024-01-01T00:00:00.000Z)",
        isUseless: true,
      },
    ],
    [
      "another transform",
      (subject) => ({ ...subject, transform: "whiten" }),
      {
        state: "mismatch",
        reason: "it was built for transform none, and the collection has whiten",
        isUseless: false,
      },
    ],
    [
      "an earlier sequence",
      (subject) => ({ ...subject, view: { ...subject.view, sequence: 0 as Sequence } }),
      {
        state: "mismatch",
        reason: "it was built at sequence 1, and the collection is at 0",
        isUseless: false,
      },
    ],
  ])("is refused to a collection that has %s", async (_, changed, expected) => {
    const folder = await builtOf(anchors.slice(0, 50));
    expect(await read(folder, changed(subjectOf(await openSpace(anchors))))).toEqual(expected);
  });

  it("is refused where one bit of a file has changed, or a file is gone", async () => {
    const folder = await builtOf(anchors.slice(0, 50));
    const subject = subjectOf(await openSpace(anchors.slice(0, 50)));
    const graph = (await readdir(folder)).find((name) => name.startsWith("text-")) ?? "";
    const bytes = await readFile(join(folder, graph));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(join(folder, graph), bytes);
    const reason = `${graph} does not have the sha256 that the manifest names`;
    expect(await read(folder, subject)).toEqual({ state: "damaged", reason });
  });

  it("is none where nothing was built", async () => {
    const subject = subjectOf(await openSpace(anchors.slice(0, 50)));
    expect(await read(await temporaryDirectory(), subject)).toEqual({ state: "none" });
  });
});

describe.skipIf(graphLibrary === undefined)("the files of a built index at a compaction", () => {
  const anchors = anchorsOf(60);

  it("stay where every vector in them is still an anchor's", async () => {
    const folder = await builtOf(anchors);
    const names = await readdir(folder);
    const space = await openSpace([...anchors, ...anchorsOf(80, 2).slice(60)]);
    await forgetGone(folder, subjectOf(space));
    expect(await readdir(folder)).toEqual(names);
  });

  it("go where an anchor was deleted or replaced, and with them what earlier versions wrote", async () => {
    const replaced = { ...(anchorsOf(1, 2)[0] ?? expect.unreachable()), id: "anchor-4" };
    for (const present of [anchors.slice(1), [...anchors.slice(0, 4), ...anchors.slice(5), replaced]]) {
      const folder = await builtOf(anchors);
      await writeFile(join(folder, "image-exact-0123456789abcdef.f32"), "of an earlier version");
      await writeFile(join(folder, "notes.txt"), "a person's");
      expect(await forgetGone(folder, subjectOf(await openSpace(present)))).toBe(true);
      expect(await readdir(folder)).toEqual(["notes.txt"]);
    }
  });

  it("go with a build that was stopped", async () => {
    const folder = await temporaryDirectory();
    const stop = new AbortController();
    const stopped = build(folder, subjectOf(await openSpace(anchors)), {
      signal: stop.signal,
      checkpointRows: 10,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    await forgetGone(folder, subjectOf(await openSpace(anchors)));
    expect(await readdir(folder)).toEqual(["building"]);
    await forgetGone(folder, subjectOf(await openSpace(anchors.slice(1))));
    await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("go where they were put back after an erasure, at the next look", async () => {
    const folder = await builtOf(anchors);
    const subject = subjectOf(await openSpace(anchors.slice(1)));
    expect(await forgetErased(folder, subject, 1 as Sequence)).toBe(false);
    expect(await forgetErased(folder, subject, 2 as Sequence)).toBe(true);
  });
});
