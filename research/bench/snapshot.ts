import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import {
  listSnapshots,
  openAnchorSpace,
  readSnapshot,
  writeSnapshot,
  type AnchorSpace,
  type SnapshotSubject,
} from "../../src/retrieval/index.ts";
import {
  lockDataDir,
  openStore,
  type AnchorWrite,
  type CollectionRecord,
  type EncoderRecord,
  type Store,
  ensureEncoder,
  createCollection,
  upsertAnchors,
  readAll,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, EncoderId, Modality, Sequence } from "../../src/types.ts";
import { silentLog } from "../../src/log.ts";

const DIMENSION = 512;
const BATCH = 1_000;
/** Of the anchors, deleted before memory is compacted. */
const DELETED_SHARE = 0.25;

interface Line {
  readonly what: string;
  readonly seconds: number;
  readonly "anchors/s": number;
  readonly "longest stall ms": number;
  readonly "readAll / this": number;
}

const encoder = async (store: Store, modality: Modality) =>
  ensureEncoder(
    store,
    {
      id: `external-${DIMENSION}` as EncoderId,
      modality,
      dimension: DIMENSION,
      default: false,
      sha256: "",
      source: "",
      licence: "",
    },
    true,
  );

const idOf = (at: number): AnchorId => `anchor-${String(at).padStart(9, "0")}` as AnchorId;

const randomBatch = (first: number): AnchorWrite[] =>
  Array.from({ length: BATCH }, (_, at) => ({
    id: idOf(first + at),
    caption: `a caption of some words, number ${first + at}`,
    metadata: { owner: "bench", number: first + at },
    image: null,
    imageVector: Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5),
    textVector: Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5),
  }));

const fill = async (store: Store, count: number, signal: AbortSignal): Promise<CollectionRecord> => {
  const collection = await createCollection(store, {
    name: "bench" as CollectionName,
    imageEncoder: await encoder(store, "image"),
    textEncoder: await encoder(store, "text"),
    asif: { k: 800, p: 8 },
    transform: "none",
  });
  for (let at = 0; at < count && !signal.aborted; at += BATCH)
    await upsertAnchors(store, collection, randomBatch(at));
  return collection;
};

const openSpace = (): Promise<AnchorSpace> =>
  openAnchorSpace({ imageDimension: DIMENSION, textDimension: DIMENSION, transform: "none" });

const subjectOf = (collection: CollectionRecord): SnapshotSubject => {
  const { key, name, createdAt, imageEncoder, textEncoder } = collection;
  const named = ({ id, sha256, dimension }: EncoderRecord) => ({ id, sha256, dimension });
  return {
    collection: { key, name, createdAt: createdAt.toISOString() },
    encoders: { image: named(imageEncoder), text: named(textEncoder) },
  };
};

/** How long `work` took and for how long at most nothing else was done meanwhile. */
const timed = async (work: () => Promise<unknown>): Promise<{ seconds: number; stall: number }> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return { seconds, stall: delay.max / 1e6 };
};

const measure = async (
  store: Store,
  collection: CollectionRecord,
  count: number,
  folder: string,
): Promise<Line[]> => {
  const lines: Line[] = [];
  let readingAll = 0;
  const line = async (what: string, anchors: number, work: () => Promise<unknown>): Promise<void> => {
    const { seconds, stall } = await timed(work);
    if (readingAll === 0) readingAll = seconds;
    lines.push({
      what,
      seconds: Number(seconds.toFixed(2)),
      "anchors/s": Math.round(anchors / seconds),
      "longest stall ms": Math.round(stall),
      "readAll / this": Number((readingAll / seconds).toFixed(1)),
    });
  };
  const subject = subjectOf(collection);
  const first = await openSpace();
  await line("read all from Postgres", count, async () => {
    const sequence = await readAll(store, collection, (batch) => {
      first.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
    });
    first.apply({ sequence, upserts: [], deletes: [] });
  });
  await line("write a snapshot", count, () =>
    writeSnapshot(folder, first.view(), { ...subject, mark: "bench" }),
  );
  const [path = ""] = await listSnapshots(folder);
  const { size } = await stat(path);
  await line("load it, verified", count, async () => {
    const space = await openSpace();
    await readSnapshot(path, subject, () => Promise.resolve(), space.restore);
    if (space.view().size !== count) throw new Error("not every anchor came back");
  });
  const ids = Array.from({ length: DELETED_SHARE * count }, (_, i) => idOf(i));
  first.apply({ sequence: (first.view().sequence + 1) as Sequence, upserts: [], deletes: ids });
  await line("compact after a quarter was deleted", count - ids.length, () => first.compact());
  console.log(
    `the snapshot has ${(size / 2 ** 20).toFixed(0)} MiB, ${(size / (8 * DIMENSION * count)).toFixed(2)} times its vectors`,
  );
  return lines;
};

await runScript({
  name: "bench:snapshot",
  synopsis: "[options]",
  about: `Puts anchors of ${DIMENSION} + ${DIMENSION} dimensions into an embedded store of its own and measures what a start takes that reads all of them and one that loads a snapshot, how long a snapshot takes to be written, and compaction. The file is in the system's cache when it is loaded, and so are Postgres's.`,
  options: { anchors: { type: "string", value: "N", help: "how many", default: "200000" } },
  examples: ["--anchors 20000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(BATCH, 10_000_000) }),
  run: async ({ anchors }, { signal, note }) => {
    const count = Math.ceil(anchors / BATCH) * BATCH;
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const lock = await lockDataDir(dataDir);
    const store = await openStore({ dataDir, databaseUrl: null, log: silentLog });
    try {
      note(`writing ${count} anchors to Postgres`);
      const collection = await fill(store, count, signal);
      if (signal.aborted) return EXIT.interrupted;
      console.table(
        await measure(store, collection, count, join(dataDir, "indexes", String(collection.key))),
      );
      return EXIT.done;
    } finally {
      await store.close();
      await lock.release();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});
