import { deepStrictEqual } from "node:assert";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { openService } from "../../src/anchorage.ts";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { restoreBackup, sourceOf, startBackup } from "../../src/features/backup/index.ts";
import { writeOut } from "../../src/features/files/out-file.ts";
import { createClient } from "../../src/features/client.ts";
import { FEATURES } from "../../src/features/index.ts";
import { createApp, createInProcessFetch } from "../../src/http/index.ts";
import { silentLog } from "../../src/log.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import {
  createCollection,
  ensureEncoder,
  lockDataDir,
  openInspection,
  openStore,
  upsertAnchors,
  type AnchorWrite,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, EncoderId, EncoderInfo, Modality } from "../../src/types.ts";

const DIMENSION = 512;
const BATCH = 1_000;
const COLLECTION = "bench" as CollectionName;
const QUERIES = 20;

const encoder = (modality: Modality): EncoderInfo => ({
  id: "external-512" as EncoderId,
  modality,
  dimension: DIMENSION,
  default: false,
  sha256: "",
  source: "",
  licence: "",
});

const vector = (): Float32Array => Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);

const fill = async (dataDir: string, anchors: number): Promise<void> => {
  const lock = await lockDataDir(dataDir);
  const store = await openStore({ dataDir, databaseUrl: null, log: silentLog });
  const collection = await createCollection(store, {
    name: COLLECTION,
    imageEncoder: await ensureEncoder(store, encoder("image"), true),
    textEncoder: await ensureEncoder(store, encoder("text"), true),
    asif: { k: 800, p: 8 },
    transform: "none",
  });
  for (let first = 0; first < anchors; first += BATCH)
    await upsertAnchors(
      store,
      collection,
      Array.from({ length: Math.min(BATCH, anchors - first) }, (_, at): AnchorWrite => {
        const number = first + at;
        return {
          id: `anchor-${String(number).padStart(9, "0")}` as AnchorId,
          caption: `a caption of some words, number ${number}`,
          metadata: { owner: "bench", number },
          image: null,
          imageVector: vector(),
          textVector: vector(),
        };
      }),
    );
  await store.close();
  await lock.release();
};

/** Searches, the first page of the list, and the collection's description. */
const answersOf = async (dataDir: string, queries: readonly number[][]): Promise<unknown> => {
  // Encoders would be made anew, which no answer here needs.
  const features = FEATURES.filter(({ name }) => name !== "default-encoders");
  const service = await openService({ dataDir, databaseUrl: null }, silentLog, { features });
  const access = { host: "localhost", apiKey: null, bodyLimitBytes: Infinity };
  const app = createApp(service.core, { routes: service.features.routes }, access, silentLog);
  const client = createClient({ url: "http://anchorage.localhost", fetch: createInProcessFetch(app) });
  try {
    const collection = client.collection(COLLECTION);
    const searches = [];
    for (const query of queries) {
      const { hits } = await collection.search({
        query: { vector: query, modality: "image" },
        target: "image",
        limit: 50,
      });
      searches.push(hits);
    }
    const listed = [];
    for await (const anchor of collection.listAnchors({ vectors: true, pageSize: 1_000 })) {
      listed.push(anchor);
      if (listed.length === 1_000) break;
    }
    return { searches, listed, collection: await collection.get() };
  } finally {
    await service.close();
  }
};

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return Number(((performance.now() - start) / 1000).toFixed(1));
};

await runScript({
  name: "bench:backup",
  synopsis: "[options]",
  about: `Backs up a store of its own with vectors of ${DIMENSION} + ${DIMENSION}, restores it elsewhere, and compares answers.`,
  options: { anchors: { type: "string", value: "N", help: "how many", default: "100000" } },
  examples: ["--anchors 10000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(1, 10_000_000) }),
  run: async ({ anchors }, { signal, note }) => {
    const folder = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const [from, to, file] = [join(folder, "from"), join(folder, "to"), join(folder, "backup")];
    try {
      await fill(from, anchors);
      note(`${anchors} anchors are stored`);
      const before = loadavg()[0] ?? 0;
      const backup = await secondsOf(async () => {
        const { database, close } = await openInspection({
          dataDir: from,
          databaseUrl: null,
          log: silentLog,
        });
        const { bytes } = startBackup(database, { contents: "everything", base: null, signingKey: null });
        await writeOut(file, bytes).finally(close);
      });
      const restore = await secondsOf(() =>
        restoreBackup({
          ...{ dataDir: to, databaseUrl: null, backups: [sourceOf(file)], receipts: null },
          ...{ signal, log: silentLog, onRows: () => undefined },
        }),
      );
      const load = `${before.toFixed(1)} to ${(loadavg()[0] ?? 0).toFixed(1)}`;
      const mebibytes = Math.round((await stat(file)).size / 1024 / 1024);
      console.table([{ anchors, "backup s": backup, "restore s": restore, MiB: mebibytes, load }]);
      const queries = Array.from({ length: QUERIES }, () => [...vector()]);
      deepStrictEqual(await answersOf(to, queries), await answersOf(from, queries));
      note("answers are identical");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return EXIT.done;
  },
});
