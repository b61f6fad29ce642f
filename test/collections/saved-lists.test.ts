import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSnapshots, type SnapshotKeeper } from "../../src/collections/snapshots.ts";
import { openAnchorSpace, type AnchorSpace } from "../../src/retrieval/index.ts";
import { type AnchorWrite, type CollectionRecord, type Store, upsertAnchors } from "../../src/store/index.ts";
import type { AnchorId } from "../../src/types.ts";
import { clusteredRows } from "../retrieval/partitions/coded-rows.ts";
import { newCollection } from "../store/fixtures.ts";
import { collectingLog } from "../support/log.ts";
import { freshDatabase, openTestStore, temporaryDirectory } from "../support/postgres.ts";

const QUIET_MS = 100;
const WITHIN = { timeout: 20_000 };
const COUNT = 1_500;
const profile = { name: "small", metric: "cosine", exactLimit: 1_000, partitions: true } as const;
const [IMAGES, TEXTS] = [clusteredRows(COUNT + 100, 3, 30, 1), clusteredRows(COUNT + 100, 2, 30, 2)];

const anchorsFrom = (first: number, count: number): AnchorWrite[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `anchor-${first + i}` as AnchorId,
    caption: null,
    metadata: {},
    image: null,
    imageVector: IMAGES.slice((first + i) * 3, (first + i + 1) * 3),
    textVector: TEXTS.slice((first + i) * 2, (first + i + 1) * 2),
  }));

interface Place {
  readonly store: Store;
  readonly record: CollectionRecord;
  readonly directory: string;
  readonly lines: string[];
}

const newPlace = async (): Promise<Place> => {
  const store = await openTestStore(await freshDatabase());
  const record = await newCollection(store);
  return { store, record, directory: join(await temporaryDirectory(), "indexes"), lines: [] };
};

const newSpace = (): Promise<AnchorSpace> =>
  openAnchorSpace({ imageDimension: 3, textDimension: 2, transform: "none", profile });

const keep = async (
  { store, record, directory, lines }: Place,
  from: "nothing" | "snapshot",
): Promise<{ space: AnchorSpace; keeper: SnapshotKeeper }> => {
  const snapshots = createSnapshots(store, directory, collectingLog(lines), QUIET_MS);
  const restored = from === "snapshot" ? await snapshots.restore(record, newSpace) : null;
  const space = restored?.space ?? (await newSpace());
  const keeper = snapshots.keep(record, space, restored);
  onTestFinished(async () => {
    await keeper.close();
    space.close();
  });
  return { space, keeper };
};

const write = async ({ store, record }: Place, space: AnchorSpace, first: number, count: number) => {
  const anchors = anchorsFrom(first, count);
  const { sequence } = await upsertAnchors(store, record, anchors);
  space.apply({ sequence, upserts: anchors, deletes: [] });
};

const files = async ({ directory, record }: Place): Promise<string[]> =>
  (await readdir(join(directory, String(record.key)))).sort();

const ready = async (space: AnchorSpace): Promise<void> => {
  const ask = () => space.view().search("image", IMAGES.slice(0, 3), { k: 10, transform: "none" });
  await vi.waitFor(async () => {
    await ask();
    expect(space.status("image").partitions?.state).toBe("ready");
    expect((await ask()).plan.reason).not.toMatch(/not measured yet/);
  }, WITHIN);
};

/** A collection with a snapshot and the lists of its images beside it. */
const listed = async (): Promise<Place> => {
  const place = await newPlace();
  const { space, keeper } = await keep(place, "nothing");
  await write(place, space, 0, COUNT);
  await ready(space);
  await keeper.stop(new AbortController().signal);
  return place;
};

describe("the lists of a collection", () => {
  test("are written beside its snapshot at a stop, and read at the next start", async () => {
    const place = await listed();
    expect(await files(place)).toEqual(["1-image-none.lists", "1.snapshot"]);
    const { space } = await keep(place, "snapshot");
    await ready(space);
    expect(space.status("image").partitions).toMatchObject({ source: "saved", sequence: 1, vectors: COUNT });
    expect(place.lines).toEqual([]);
  });

  test("are written once they are built, where the snapshot was written before", async () => {
    const place = await newPlace();
    const { space, keeper } = await keep(place, "nothing");
    await write(place, space, 0, COUNT);
    await keeper.renew();
    expect(await files(place)).toEqual(["1.snapshot"]);
    await ready(space);
    await vi.waitFor(
      async () => expect(await files(place)).toEqual(["1-image-none.lists", "1.snapshot"]),
      WITHIN,
    );
  });

  test("take in what was written since, and hide what was deleted", async () => {
    const place = await listed();
    const before = await keep(place, "snapshot");
    await write(place, before.space, COUNT, 20);
    const { space } = await keep(place, "snapshot");
    await ready(space);
    expect(space.status("image").partitions).toMatchObject({ source: "saved", vectors: COUNT + 20 });
  });

  test("are replaced with the snapshot, so that none is older", async () => {
    const place = await listed();
    const { space, keeper } = await keep(place, "snapshot");
    await ready(space);
    await write(place, space, COUNT, 20);
    await ready(space);
    await keeper.renew();
    expect(await files(place)).toEqual(["2-image-none.lists", "2.snapshot"]);
  });

  test.each([
    ["a flipped bit", (bytes: Buffer) => bytes.fill((bytes[2_000] ?? 0) ^ 4, 2_000, 2_001)],
    ["a truncated tail", (bytes: Buffer) => bytes.subarray(0, -1)],
  ])("are deleted and built anew where their file has %s, and the log says so once", async (_, damage) => {
    const place = await listed();
    const path = join(place.directory, String(place.record.key), "1-image-none.lists");
    await writeFile(path, damage(await readFile(path)));
    const { space } = await keep(place, "snapshot");
    expect(await files(place)).toEqual(["1.snapshot"]);
    expect(place.lines).toEqual([
      expect.stringMatching(/1-image-none\.lists is not used and deleted, for (a section|it is \d+ bytes)/),
    ]);
    await ready(space);
    expect(space.status("image").partitions).toMatchObject({ source: "built", vectors: COUNT });
  });

  test("go with the snapshot after a compaction, for they hold what was deleted", async () => {
    const place = await listed();
    const { space, keeper } = await keep(place, "snapshot");
    await ready(space);
    const { sequence } = space.view();
    space.apply({ sequence, upserts: [], deletes: ["anchor-3" as AnchorId] });
    await space.compact();
    await keeper.renew();
    expect(await files(place)).toEqual(["1.snapshot"]);
  });
});
