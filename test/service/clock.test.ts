import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Job } from "../../src/api/service.ts";
import type { Anchor } from "../../src/api/anchors.ts";
import { openCore, type Core, type OwnedCore } from "../../src/collections/index.ts";
import {
  faultOfReceipt,
  type Receipt,
  findCollection,
  listReceipts,
  saveJob,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName } from "../../src/types.ts";
import { freshDatabase } from "../support/postgres.ts";
import { makeDataDir } from "./running.ts";
import { collectingLog } from "../support/log.ts";

const PAIRS = "pairs" as CollectionName;
/** Enough for snapshots. */
const ANCHORS = 1_000;
const LATE = new Date("2030-06-01T12:00:00Z");
const EARLY = new Date("2020-06-01T12:00:00Z");

const anchor = (i: number): Anchor => ({
  id: `a${i}` as AnchorId,
  imageVector: [1, i, 2],
  textVector: [i, 1],
});

interface Place {
  readonly open: () => Promise<OwnedCore & { readonly logged: string[] }>;
  readonly snapshots: () => Promise<string[]>;
}

/** Where a service may be opened again and again, as it is in its process. */
const place = async (): Promise<Place> => {
  const [database, dataDir] = [await freshDatabase(), await makeDataDir()];
  onTestFinished(() => dataDir.remove());
  const config = { dataDir: dataDir.path, databaseUrl: database.url };
  return {
    open: async () => {
      const logged: string[] = [];
      const anchorage = await openCore(config, collectingLog(logged), { preload: true });
      onTestFinished(() => anchorage.close());
      return { ...anchorage, logged };
    },
    snapshots: async () =>
      (await readdir(join(dataDir.path, "indexes"), { recursive: true })).filter((name) =>
        name.includes(".snapshot"),
      ),
  };
};

const fill = async ({ collections }: Core): Promise<void> => {
  await collections.create({
    name: PAIRS,
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
  await collections.putAnchors(
    PAIRS,
    Array.from({ length: ANCHORS }, (_, i) => anchor(i)),
  );
};

beforeEach(() => {
  // Timers run on; what a program reads of the clock is what is set here.
  vi.useFakeTimers({ toFake: ["Date"], now: LATE });
});

afterEach(() => {
  vi.useRealTimers();
});

const setBack = (): void => {
  vi.setSystemTime(EARLY);
};

describe("a clock that is set back by ten years", () => {
  it("leaves receipts in the order of their deletions, and erases what was deleted at a later time", async () => {
    const anchorage = await (await place()).open();
    const { collections, store } = anchorage;
    await fill(anchorage);
    await collections.deleteAnchors(PAIRS, { ids: ["a1" as AnchorId] });
    setBack();
    await collections.deleteAnchors(PAIRS, { ids: ["a2" as AnchorId] });
    await collections.compact(PAIRS);

    const record = await findCollection(store, PAIRS);
    if (record === null) throw new Error("the collection is gone");
    const chain = await listReceipts(store, record, { after: 0, limit: 10 });
    expect(chain.map(({ kind, at, erased }) => [kind, at, erased?.at])).toEqual([
      ["deletion", LATE, EARLY],
      ["deletion", EARLY, EARLY],
      ["erasure", EARLY, undefined],
    ]);
    let before: Receipt | null = null;
    for (const receipt of chain) {
      expect(faultOfReceipt(PAIRS, receipt, before)).toBeNull();
      before = receipt;
    }
  });

  it("loses no write, no deletion and no snapshot between two starts", async () => {
    const { open, snapshots } = await place();
    const first = await open();
    await fill(first);
    await first.close();
    expect(await snapshots()).toEqual([expect.stringMatching(/1\.snapshot$/)]);

    setBack();
    const second = await open();
    expect(await second.collections.get(PAIRS)).toMatchObject({ anchorCount: ANCHORS, sequence: 1 });
    expect(second.logged.join("\n")).toContain("loaded from a snapshot");
    await second.collections.putAnchors(PAIRS, [anchor(0), anchor(ANCHORS)]);
    await second.collections.deleteAnchors(PAIRS, { ids: ["a5" as AnchorId] });
    await second.close();
    expect(await snapshots()).toEqual([expect.stringMatching(/3\.snapshot$/)]);

    const third = await open();
    expect(await third.collections.get(PAIRS)).toMatchObject({ anchorCount: ANCHORS, sequence: 3 });
    expect(third.logged.join("\n")).toContain("loaded from a snapshot");
  });

  it("ends what a dead process left running at a later time", async () => {
    const { open } = await place();
    const first = await open();
    const now = new Date();
    const job: Job = {
      id: "import-1",
      kind: "import",
      subject: "pairs",
      state: "running",
      done: 1,
      total: 2,
      error: null,
      detail: null,
      createdAt: now,
      updatedAt: now,
    };
    await saveJob(first.store, job);
    await first.close();
    setBack();
    const second = await open();
    expect(await second.jobs.get(job.id)).toMatchObject({ state: "interrupted", done: 1 });
  });
});
