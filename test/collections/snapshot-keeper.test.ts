import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSnapshots, type SnapshotKeeper } from "../../src/collections/snapshots.ts";
import { openAnchorSpace, type AnchorSpace } from "../../src/retrieval/index.ts";
import { type AnchorWrite, type CollectionRecord, upsertAnchors } from "../../src/store/index.ts";
import type { AnchorId } from "../../src/types.ts";
import { newCollection } from "../store/fixtures.ts";
import { freshDatabase, openTestStore, temporaryDirectory } from "../support/postgres.ts";
import { collectingLog } from "../support/log.ts";

/** In place of half a minute. */
const QUIET_MS = 100;
const WITHIN = { timeout: 20_000 };

interface Kept {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  readonly keeper: SnapshotKeeper;
  readonly directory: string;
  readonly lines: readonly string[];
  readonly files: () => Promise<string[]>;
  readonly write: (first: number, count: number) => Promise<void>;
}

const writes = (first: number, count: number): AnchorWrite[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `anchor-${first + i}` as AnchorId,
    caption: `caption ${first + i}`,
    metadata: {},
    image: null,
    imageVector: Float32Array.of(first + i, 1, 2),
    textVector: Float32Array.of(1, first + i),
  }));

const open = async (): Promise<Kept> => {
  const store = await openTestStore(await freshDatabase());
  const record = await newCollection(store);
  const directory = join(await temporaryDirectory(), "indexes");
  const lines: string[] = [];
  const snapshots = createSnapshots(store, directory, collectingLog(lines), QUIET_MS);
  const space = await openAnchorSpace({ imageDimension: 3, textDimension: 2, transform: "none" });
  const keeper = snapshots.keep(record, space, null);
  onTestFinished(() => keeper.close());
  return {
    record,
    space,
    keeper,
    directory,
    lines,
    files: () => readdir(join(directory, String(record.key))).catch(() => []),
    write: async (first, count) => {
      const anchors = writes(first, count);
      const { sequence } = await upsertAnchors(store, record, anchors);
      space.apply({ sequence, upserts: anchors, deletes: [] });
    },
  };
};

describe("a snapshot in the background", () => {
  test("is written when enough has changed and it is quiet, and again after as much", async () => {
    const { write, files } = await open();
    await write(0, 1_500);
    await vi.waitFor(async () => expect(await files()).toEqual(["1.snapshot"]), WITHIN);
    await write(1_500, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 5 * QUIET_MS));
    expect(await files()).toEqual(["1.snapshot"]);
    await write(2_500, 1);
    await vi.waitFor(async () => expect(await files()).toEqual(["3.snapshot"]), WITHIN);
  });

  test("is written at last where it is never quiet", async () => {
    const { write, files } = await open();
    await write(0, 1_500);
    const busy = setInterval(() => void write(0, 1), QUIET_MS / 8);
    onTestFinished(() => clearInterval(busy));
    await vi.waitFor(async () => expect(await files()).toHaveLength(1), WITHIN);
    clearInterval(busy);
  });

  test("that fails is told of, and tried again", async () => {
    const { write, files, directory, lines } = await open();
    await writeFile(directory, "a file where the folder would be");
    await write(0, 1_500);
    const line = expect.stringMatching(/^warn: collection birds: no snapshot could be written: E/) as string;
    await vi.waitFor(() => expect(lines).toContainEqual(line), WITHIN);
    await rm(directory);
    await vi.waitFor(async () => expect(await files()).toEqual(["1.snapshot"]), WITHIN);
  });
});

describe("a snapshot that is asked for", () => {
  test("is written at once, however little has changed", async () => {
    const { write, files, keeper } = await open();
    await write(0, 1_000);
    await keeper.renew();
    expect(await files()).toEqual(["1.snapshot"]);
    await write(0, 1);
    await keeper.renew();
    expect(await files()).toEqual(["2.snapshot"]);
  });

  test("is removed where the collection has become small", async () => {
    const { write, files, keeper, space } = await open();
    await write(0, 1_000);
    await keeper.renew();
    const { sequence } = space.view();
    space.apply({ sequence, upserts: [], deletes: ["anchor-3" as AnchorId] });
    await keeper.renew();
    expect(await files()).toEqual([]);
  });

  test("is not waited for at a stop beyond the time there is", async () => {
    const { write, files, keeper, lines } = await open();
    await write(0, 1_500);
    await keeper.stop(AbortSignal.abort());
    expect(await files()).toEqual([]);
    expect(lines).toEqual(["warn: collection birds: no snapshot was written: there was no time for it"]);
  });
});
