import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeKernels,
  listSnapshots,
  openAnchorSpace,
  readSnapshot,
  removeSnapshots,
  writeSnapshot,
  type AnchorSpace,
  type SnapshotSubject,
} from "../../src/retrieval/index.ts";
import type { Metadata, Sequence } from "../../src/types.ts";
import {
  exactImage,
  exactText,
  idOf,
  IMAGE_DIMENSION,
  randomAnchors,
  TEXT_DIMENSION,
  upsertsOf,
} from "../support/anchor-space.ts";
import { compareUtf8, type NaiveAnchor } from "../support/naive-asif.ts";
import { naiveNearest } from "../support/naive-index.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { nearest } from "./writable-space.ts";

afterAll(closeKernels);

const SUBJECT: SnapshotSubject = {
  collection: { key: 7, name: "birds", createdAt: "2026-01-02T03:04:05.678Z" },
  encoders: {
    image: { id: "external-6", sha256: "", dimension: IMAGE_DIMENSION },
    text: { id: "words", sha256: "ab12", dimension: TEXT_DIMENSION },
  },
};

const open = async (): Promise<AnchorSpace> =>
  openAnchorSpace({ imageDimension: IMAGE_DIMENSION, textDimension: TEXT_DIMENSION, transform: "none" });

const write = (folder: string, space: AnchorSpace): Promise<void> =>
  writeSnapshot(folder, space.view(), { ...SUBJECT, mark: `write ${space.view().sequence}` });

const accept = (): Promise<void> => Promise.resolve();

const load = async (path: string, subject = SUBJECT): Promise<AnchorSpace> => {
  const space = await open();
  const { sequence } = await readSnapshot(path, subject, accept, space.restore);
  space.apply({ sequence: sequence as Sequence, upserts: [], deletes: [] });
  return space;
};

const newest = async (folder: string): Promise<string> => (await listSnapshots(folder))[0] ?? "none";

const anchors = randomAnchors(2_500, 21, { image: IMAGE_DIMENSION, text: TEXT_DIMENSION });

describe("a snapshot", () => {
  test("gives back every live anchor, its vectors bit for bit, and the sequence", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 4 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
    space.apply({
      sequence: 5 as Sequence,
      upserts: [],
      deletes: anchors.slice(0, 300).map(({ id }) => idOf(id)),
    });
    await write(folder, space);
    const loaded = await load(await newest(folder));
    const [before, after] = [space.view(), loaded.view()];
    expect(after).toMatchObject({ sequence: 5, size: 2_200, slotCount: 2_200 });
    for (const modality of ["image", "text"] as const) {
      expect(after.vectors(modality, after.liveSlots())).toEqual(
        before.vectors(modality, before.liveSlots()),
      );
      const query = anchors[3]?.[modality] ?? [];
      expect(await nearest(after, modality, query, 100)).toEqual(await nearest(before, modality, query, 100));
    }
  });

  test("keeps captions and metadata, whatever is in them", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    const [one] = upsertsOf(randomAnchors(1, 1, { image: IMAGE_DIMENSION, text: TEXT_DIMENSION }));
    if (one === undefined) throw new Error("no anchor");
    const entries = [
      { id: idOf('a\nb\u2028"\\'), caption: null, metadata: {} },
      { id: idOf("\u{1f98a}"), caption: "two\nlines\r\n\u0001", metadata: { deep: [{ x: null }], n: 1e-9 } },
      { id: idOf("long"), caption: "ä".repeat(300_000), metadata: JSON.parse('{"__proto__":1}') as Metadata },
    ];
    space.apply({
      sequence: 1 as Sequence,
      upserts: entries.map((entry) => ({ ...one, ...entry })),
      deletes: [],
    });
    await write(folder, space);
    const view = (await load(await newest(folder))).view();
    expect(Array.from({ length: 3 }, (_, slot) => view.entry(slot))).toEqual(entries);
  });

  test("holds nothing of an anchor that was deleted or replaced, and takes the place of one that does", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    const [gone, replaced, kept] = anchors;
    if (gone === undefined || replaced === undefined || kept === undefined) throw new Error("too few");
    space.apply({ sequence: 1 as Sequence, upserts: upsertsOf([gone, replaced, kept]), deletes: [] });
    const rowOf = (id: string): Buffer => {
      const view = space.view();
      return Buffer.from(view.vectors("image", [view.slotOf(idOf(id)) ?? -1]).buffer);
    };
    const [goneRow, replacedRow, keptRow] = [gone, replaced, kept].map(({ id }) => rowOf(id));
    await write(folder, space);
    space.apply({
      sequence: 2 as Sequence,
      upserts: upsertsOf([{ ...replaced, image: gone.text.concat(1) }]),
      deletes: [idOf(gone.id)],
    });
    await write(folder, space);
    expect(await readdir(folder)).toEqual(["2.snapshot"]);
    const bytes = await readFile(join(folder, "2.snapshot"));
    expect(bytes.includes(keptRow ?? "")).toBe(true);
    for (const trace of [goneRow ?? "", replacedRow ?? "", `"${gone.id}"`, `caption of ${gone.id}"`])
      expect(bytes.includes(trace)).toBe(false);
  });

  test("of no anchors is read like any other", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 3 as Sequence, upserts: [], deletes: [] });
    await write(folder, space);
    expect((await load(await newest(folder))).view()).toMatchObject({ sequence: 3, size: 0 });
  });

  test("is of one moment, though writes and compaction come while it is written", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
    const writing = write(folder, space);
    space.apply({
      sequence: 2 as Sequence,
      upserts: [],
      deletes: anchors.slice(0, 2_000).map(({ id }) => idOf(id)),
    });
    await space.compact();
    await writing;
    expect((await load(await newest(folder))).view()).toMatchObject({ sequence: 1, size: 2_500 });
  });

  test("is given up when it is told to, and the one before stays", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
    await write(folder, space);
    space.apply({ sequence: 2 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
    const stop = new AbortController();
    const writing = writeSnapshot(folder, space.view(), { ...SUBJECT, mark: "" }, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(writing).rejects.toThrow("stopping");
    expect(await readdir(folder)).toEqual(["1.snapshot"]);
  });

  test("that cannot be written leaves the one before as it was", async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(anchors.slice(0, 10)), deletes: [] });
    await write(folder, space);
    space.apply({ sequence: 2 as Sequence, upserts: [], deletes: [] });
    // A folder where the file would be.
    await mkdir(join(folder, "2.snapshot", "in-the-way"), { recursive: true });
    await expect(write(folder, space)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect((await readdir(folder)).sort()).toEqual(["1.snapshot", "2.snapshot"]);
    expect((await load(join(folder, "1.snapshot"))).view().size).toBe(10);
  });
});

describe("a snapshot that is not what was written", () => {
  let path = "";
  let whole = Buffer.alloc(0);

  beforeAll(async () => {
    const folder = await temporaryDirectory();
    const space = await open();
    space.apply({ sequence: 9 as Sequence, upserts: upsertsOf(anchors.slice(0, 40)), deletes: [] });
    await write(folder, space);
    path = await newest(folder);
    whole = await readFile(path);
    return () => removeSnapshots(folder);
  });

  const copyOf = async (bytes: Uint8Array): Promise<string> => {
    const copy = join(await temporaryDirectory(), "9.snapshot");
    await writeFile(copy, bytes);
    return copy;
  };

  test("is refused for one bit, wherever it is", async () => {
    const copy = await copyOf(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * whole.length - 1), async (bit) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        await writeFile(copy, bytes);
        await expect(load(copy)).rejects.toThrow();
      }),
      // Every field of the beginning, and of each section the first and the last bit.
      {
        numRuns: 300,
        examples: [
          ...Array.from({ length: 49 }, (_, byte): [number] => [8 * byte]),
          [8 * 4_095],
          [8 * 4_096],
          [8 * whole.length - 1],
        ],
      },
    );
  });

  test("is refused where it is cut off, or goes on", async () => {
    const copy = await copyOf(whole);
    const { size } = await stat(copy);
    for (const length of [size - 1, size - 4 * TEXT_DIMENSION, 4_097, 4_096, 4_095, 48, 1, 0]) {
      await writeFile(copy, whole);
      await truncate(copy, length);
      await expect(load(copy)).rejects.toThrow(/cut off|bytes long/);
    }
    await writeFile(copy, Buffer.concat([whole, Buffer.of(0)]));
    await expect(load(copy)).rejects.toThrow("bytes long");
  });

  test("is refused where it is of an older or a newer format, or something else", async () => {
    for (const version of [0, 2, 4_000_000_000]) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt32LE(version, 8);
      await expect(load(await copyOf(bytes))).rejects.toThrow(`its format is ${version}`);
    }
    await expect(load(await copyOf(Buffer.alloc(10_000)))).rejects.toThrow(
      "does not begin as a snapshot does",
    );
  });

  test("is refused for another collection, or one of the same name that was made at another time", async () => {
    for (const other of [{ key: 8 }, { name: "fish" }, { createdAt: "2026-01-02T03:04:05.679Z" }])
      await expect(
        load(path, { ...SUBJECT, collection: { ...SUBJECT.collection, ...other } }),
      ).rejects.toThrow("another collection");
  });

  test("is refused for encoders with other weights, another name or another dimension", async () => {
    for (const other of [{ sha256: "ab13" }, { id: "letters" }, { dimension: 4 }]) {
      const encoders = { ...SUBJECT.encoders, text: { ...SUBJECT.encoders.text, ...other } };
      await expect(load(path, { ...SUBJECT, encoders })).rejects.toThrow(
        "text vectors are of another encoder",
      );
    }
  });

  test("is refused where the store says that it knows another history, before anything is given", async () => {
    const space = await open();
    const check = (): Promise<void> => Promise.reject(new Error("newer than Postgres"));
    await expect(readSnapshot(path, SUBJECT, check, space.restore)).rejects.toThrow("newer than Postgres");
    expect(space.view().size).toBe(0);
  });
});

describe("a folder of snapshots", () => {
  test("lists the newest first by number, and nothing that a killed write left", async () => {
    const folder = await temporaryDirectory();
    for (const name of ["9.snapshot", "10.snapshot", "11.snapshot.writing", "notes.txt"])
      await writeFile(join(folder, name), "");
    expect(await listSnapshots(folder)).toEqual([join(folder, "10.snapshot"), join(folder, "9.snapshot")]);
    expect(await listSnapshots(join(folder, "nowhere"))).toEqual([]);
  });

  test("is emptied of what is ours alone", async () => {
    const folder = join(await temporaryDirectory(), "3");
    await mkdir(folder);
    for (const name of ["9.snapshot", "11.snapshot.writing", "default.json"])
      await writeFile(join(folder, name), "");
    await removeSnapshots(folder);
    expect(await readdir(folder)).toEqual(["default.json"]);
  });
});

const IDS = ["a", "b", "ä", "\u{1f98a}", "\uffee", "zz"];
const step = fc.oneof(
  fc.record({
    upserts: fc.uniqueArray(fc.record({ id: fc.constantFrom(...IDS), image: exactImage, text: exactText }), {
      maxLength: 4,
      selector: ({ id }) => id,
    }),
    deletes: fc.subarray(IDS, { maxLength: 3 }),
  }),
  fc.constantFrom("compact" as const, "snapshot" as const, "reload" as const, "search" as const),
);

test("writes, removals, compactions, snapshots and restarts in any order leave what a plain list holds", async () => {
  const folder = await temporaryDirectory();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), exactImage, async (steps, query) => {
      await removeSnapshots(folder);
      let space = await open();
      let sequence = 0;
      const model = new Map<string, NaiveAnchor>();
      const changes: Parameters<AnchorSpace["apply"]>[0][] = [];
      for (const one of [...steps, "search" as const]) {
        if (one === "compact") await space.compact();
        else if (one === "snapshot") await write(folder, space);
        else if (one === "reload") {
          const path = (await listSnapshots(folder))[0];
          space = path === undefined ? await open() : await load(path);
          const known = space.view().sequence;
          for (const change of changes) if (change.sequence > known) space.apply(change);
        } else if (one === "search") {
          const held = [...model.values()];
          const expected = naiveNearest(
            held.map(({ image }) => image),
            query,
            {
              k: 4,
              allowed: () => true,
              compare: (a, b) => compareUtf8(held[a]?.id ?? "", held[b]?.id ?? ""),
            },
          ).map(({ slot, score }) => ({ id: held[slot]?.id ?? "", score: score + 0 }));
          expect(await nearest(space.view(), "image", query, 4)).toEqual(expected);
          expect(space.view()).toMatchObject({ size: model.size, sequence });
        } else {
          const change = {
            sequence: ++sequence as Sequence,
            upserts: upsertsOf(one.upserts),
            deletes: one.deletes.map(idOf),
          };
          changes.push(change);
          space.apply(change);
          for (const anchor of one.upserts) model.set(anchor.id, anchor);
          for (const id of one.deletes) model.delete(id);
        }
      }
    }),
    { numRuns: 60 },
  );
});
