import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { closeKernels, loadGraphLibrary } from "../../../../src/retrieval/index.ts";
import type { AnchorId, Sequence } from "../../../../src/types.ts";
import { upsertsOf } from "../../../support/anchor-space.ts";
import { temporaryDirectory } from "../../../support/postgres.ts";
import { anchorsOf, build, openSpace, profile, subjectOf } from "./subject.ts";
import { collectingLog } from "../../../support/log.ts";
import { openBuildFolder } from "../../../../src/features/index-building/build/build.ts";

afterAll(closeKernels);

const graphLibrary = await loadGraphLibrary();

describe.skipIf(graphLibrary === undefined)("a build", () => {
  it("publishes both graphs, the fits, the anchors and a manifest, and leaves nothing else", async () => {
    const folder = await temporaryDirectory();
    const space = await openSpace(anchorsOf(300), "whiten");
    const { modalities, count, sequence } = await build(folder, subjectOf(space, "whiten"));
    expect({ count, sequence }).toEqual({ count: 300, sequence: 1 });
    expect(modalities.image.transform).toBe("whiten");
    expect(modalities.text.transform).toBe("center");
    const names = (await readdir(folder)).map((name) => name.replace(/-[0-9a-f]{16}/, ""));
    expect(names.sort()).toEqual([
      "anchors.jsonl",
      "image.fit",
      "image.hnsw",
      "manifest.json",
      "text.fit",
      "text.hnsw",
    ]);
    expect(modalities.image.curve?.points.length).toBeGreaterThan(0);
  });

  it("gives the same files when it is stopped at a checkpoint and goes on", async () => {
    const [stopped, straight] = [await temporaryDirectory(), await temporaryDirectory()];
    const space = await openSpace(anchorsOf(700), "center");
    const subject = subjectOf(space, "center");
    const stop = new AbortController();
    const lines: string[] = [];
    const options = { checkpointRows: 200, log: collectingLog(lines) };
    const first = build(stopped, subject, {
      ...options,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= 500) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    expect(await readdir(stopped)).toEqual(["building"]);
    const saved = (await readdir(join(stopped, "building"))).filter((name) => name.endsWith(".hnsw"));
    expect(saved.length).toBeGreaterThan(0);

    const resumed = await build(stopped, subject, options);
    expect(lines).toContain("going on with the build of 700 anchors at sequence 1");
    const whole = await build(straight, subject, options);
    for (const modality of ["image", "text"] as const)
      expect(resumed.modalities[modality].graph).toEqual(whole.modalities[modality].graph);
  });

  it("goes on with what it read before, though anchors came since, where no fit has seen one that is gone", async () => {
    const folder = await temporaryDirectory();
    const space = await openSpace(anchorsOf(400));
    const stop = new AbortController();
    const first = build(folder, subjectOf(space), {
      checkpointRows: 100,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= 300) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    const upserts = upsertsOf(anchorsOf(20, 2)).map((one) => ({ ...one, id: `new-${one.id}` as AnchorId }));
    space.apply({ sequence: 2 as Sequence, upserts, deletes: [] });
    expect(await build(folder, subjectOf(space))).toMatchObject({ count: 400, sequence: 1 });
  });

  it("begins anew, and says why, where the collection has changed too much", async () => {
    const folder = await temporaryDirectory();
    const space = await openSpace(anchorsOf(400), "center");
    const stop = new AbortController();
    const first = build(folder, subjectOf(space, "center"), {
      checkpointRows: 100,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= 300) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    space.apply({ sequence: 2 as Sequence, upserts: [], deletes: ["anchor-7" as AnchorId] });
    const lines: string[] = [];
    const log = collectingLog(lines);
    const again = await build(folder, subjectOf(space, "center"), { log });
    expect(again).toMatchObject({ count: 399, sequence: 2 });
    expect(lines[0]).toBe(
      "a build that was stopped is begun anew: anchors that its center transform was fitted on were deleted or replaced since (1)",
    );
  });

  it("begins a graph anew whose checkpoint is damaged", async () => {
    const [folder, straight] = [await temporaryDirectory(), await temporaryDirectory()];
    const subject = subjectOf(await openSpace(anchorsOf(400)));
    const stop = new AbortController();
    const first = build(folder, subject, {
      checkpointRows: 100,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= 400) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    const work = join(folder, "building");
    for (const name of await readdir(work)) {
      if (!name.endsWith(".hnsw")) continue;
      const bytes = await readFile(join(work, name));
      bytes[500] = (bytes[500] ?? 0) ^ 1;
      await writeFile(join(work, name), bytes);
    }
    const options = { checkpointRows: 100 };
    const [again, whole] = [await build(folder, subject, options), await build(straight, subject, options)];
    expect(again.modalities.image.graph).toEqual(whole.modalities.image.graph);
  });

  it("takes the place of the index before it", async () => {
    const folder = await temporaryDirectory();
    await build(folder, subjectOf(await openSpace(anchorsOf(200))));
    const before = await readdir(folder);
    await build(folder, subjectOf(await openSpace(anchorsOf(200, 2))));
    const after = await readdir(folder);
    expect(after).toHaveLength(before.length);
    expect(after.filter((name) => before.includes(name))).toEqual(["manifest.json"]);
  });

  it("leaves the index before it as it was where it is stopped", async () => {
    const folder = await temporaryDirectory();
    await build(folder, subjectOf(await openSpace(anchorsOf(200))));
    const before = await readdir(folder);
    const stop = new AbortController();
    const stopped = build(folder, subjectOf(await openSpace(anchorsOf(300, 2))), {
      signal: stop.signal,
      checkpointRows: 100,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect((await readdir(folder)).filter((name) => name !== "building")).toEqual(before);
  });

  it("measures what a poor graph misses, and finds nothing missing among equal vectors", async () => {
    const poor = { ...profile, hnsw: { m: 2, efConstruction: 8, ef: 1 } };
    const options = { profile: poor };
    const subject = subjectOf(await openSpace(anchorsOf(2_000)));
    const { image } = (await build(await temporaryDirectory(), subject, options)).modalities;
    expect(image.curve?.points[0]?.recall).toBeLessThan(0.9);
    const equal = anchorsOf(200).map((anchor) => ({ ...anchor, text: anchorsOf(1)[0]?.text ?? [] }));
    const { text } = (await build(await temporaryDirectory(), subjectOf(await openSpace(equal)))).modalities;
    expect(text.curve?.points.every(({ recall }) => recall === 1)).toBe(true);
  });

  it("fails where a compaction removes it", async () => {
    const folder = await temporaryDirectory();
    const subject = subjectOf(await openSpace(anchorsOf(400)));
    let removed: Promise<void> | undefined;
    const building = build(folder, subject, {
      checkpointRows: 50,
      onProgress: () => {
        // At once, as a compaction does it.
        removed ??= rename(join(folder, "building"), join(folder, "discarded"));
      },
    });
    await expect(building).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("The collection was compacted meanwhile") as string,
    });
    await removed;
  });

  it("holds a single anchor, whose recall cannot be measured", async () => {
    const { modalities } = await build(await temporaryDirectory(), subjectOf(await openSpace(anchorsOf(1))));
    expect(modalities.image.curve?.points).toEqual([]);
  });
});

describe("the folder of a built index", () => {
  it("is refused to a collection where another one's index lies", async () => {
    const folder = await temporaryDirectory();
    await build(folder, subjectOf(await openSpace(anchorsOf(20))));
    await expect(openBuildFolder(folder, "fish")).rejects.toMatchObject({
      code: "conflict",
      message: `${folder} holds an index of collection "birds"; name another folder by --out`,
    });
  });

  it("is refused where a file of another kind has the manifest's name", async () => {
    const folder = await temporaryDirectory();
    await writeFile(join(folder, "manifest.json"), "{}");
    await expect(openBuildFolder(folder, "birds")).rejects.toMatchObject({
      code: "conflict",
      message: `${join(folder, "manifest.json")} does not describe an index, and is left as it is`,
    });
    expect(await readdir(folder)).toEqual(["manifest.json"]);
  });

  it("is gone again where nothing was built in it", async () => {
    const folder = join(await temporaryDirectory(), "birds");
    await (await openBuildFolder(folder, "birds")).close();
    await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is refused while another process builds in it", async () => {
    const folder = await temporaryDirectory();
    const held = await openBuildFolder(folder, "birds");
    await expect(openBuildFolder(folder, "birds")).rejects.toMatchObject({
      code: "conflict",
      message: `Another process builds in ${folder}.`,
    });
    await held.close();
    await (await openBuildFolder(folder, "birds")).close();
  });

  it.each([
    ["file", "is a file, and a folder is needed"],
    ["file/below", "lies below a file"],
  ])("is refused where its path, %s, cannot be one", async (path, reason) => {
    const root = await temporaryDirectory();
    await mkdir(root, { recursive: true });
    await writeFile(join(root, "file"), "");
    const folder = join(root, path);
    await expect(openBuildFolder(folder, "birds")).rejects.toMatchObject({
      code: "invalid-input",
      message: `${folder} ${reason}`,
    });
  });
});

describe("a build of partitions", () => {
  const kind = "partitions";

  it("publishes the lists of both modalities, the fits, the anchors and a manifest, and nothing else", async () => {
    const folder = await temporaryDirectory();
    const space = await openSpace(anchorsOf(300), "center");
    const { modalities, library } = await build(folder, subjectOf(space, "center"), { kind });
    expect(library).toBeNull();
    expect(modalities.image).toMatchObject({ graph: null, curve: null });
    const names = (await readdir(folder)).map((name) => name.replace(/-[0-9a-f]{16}/, ""));
    expect(names.sort()).toEqual([
      "anchors.jsonl",
      "image.fit",
      "image.lists",
      "manifest.json",
      "text.fit",
      "text.lists",
    ]);
  });

  it("takes the finished images as they are when it is stopped after them and goes on", async () => {
    const folder = await temporaryDirectory();
    const subject = subjectOf(await openSpace(anchorsOf(400)));
    const stop = new AbortController();
    const lines: string[] = [];
    const first = build(folder, subject, {
      kind,
      signal: stop.signal,
      onProgress: (done) => {
        if (done > 400) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    const saved = await readFile(join(folder, "building", "image.lists"));
    const { modalities } = await build(folder, subject, { kind, log: collectingLog(lines) });
    expect(lines).toContain("going on with the build of 400 anchors at sequence 1");
    expect(await readFile(join(folder, modalities.image.lists?.file ?? ""))).toEqual(saved);
  });

  it("is begun anew where the stopped one was of graphs", async () => {
    if (graphLibrary === undefined) return;
    const folder = await temporaryDirectory();
    const subject = subjectOf(await openSpace(anchorsOf(300)));
    const stop = new AbortController();
    const lines: string[] = [];
    const first = build(folder, subject, {
      checkpointRows: 100,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= 200) stop.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    await build(folder, subject, { kind, log: collectingLog(lines) });
    expect(lines).toContain("a build that was stopped is begun anew: it was begun with --kind hnsw");
  });
});
