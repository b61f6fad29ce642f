import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import {
  lockDataDir,
  openStore,
  type AnchorWrite,
  type Store,
  createCollection,
  ensureEncoder,
  upsertAnchors,
  readAll,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, EncoderId, EncoderInfo, Modality } from "../../src/types.ts";
import { silentLog } from "../../src/log.ts";

const BATCH = 1_000;
/** Written alone, for comparison. */
const ONE_BY_ONE = 500;
const IMAGE_BYTES = 5_000;
const SHAPES = [
  { image: 512, text: 512, imageBytes: 0 },
  { image: 512, text: 512, imageBytes: IMAGE_BYTES },
  { image: 768, text: 512, imageBytes: 0 },
] as const;

interface Line {
  readonly floats: string;
  readonly "image bytes": number;
  readonly anchors: number;
  readonly "upserts/s": number;
  readonly "one by one/s": number;
  readonly ratio: number;
  readonly "replacements/s": number;
  readonly "readAll s": number;
  readonly "readAll anchors/s": number;
}

const encoder = (modality: Modality, dimension: number): EncoderInfo => ({
  id: `external-${dimension}` as EncoderId,
  modality,
  dimension,
  default: false,
  sha256: "",
  source: "",
  licence: "",
});

const randomBatch = (first: number, shape: (typeof SHAPES)[number]): AnchorWrite[] =>
  Array.from({ length: BATCH }, (_, at) => ({
    id: `anchor-${String(first + at).padStart(9, "0")}` as AnchorId,
    caption: `a caption of some words, number ${first + at}`,
    metadata: { owner: "bench", number: first + at },
    image:
      shape.imageBytes === 0
        ? null
        : {
            mediaType: "image/webp",
            bytes: Uint8Array.from({ length: shape.imageBytes }, () => Math.random() * 256),
          },
    imageVector: Float32Array.from({ length: shape.image }, () => Math.random() - 0.5),
    textVector: Float32Array.from({ length: shape.text }, () => Math.random() - 0.5),
  }));

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

const measure = async (store: Store, shape: (typeof SHAPES)[number], count: number): Promise<Line> => {
  const collection = await createCollection(store, {
    name: `bench-${shape.image}-${shape.text}-${shape.imageBytes}` as CollectionName,
    imageEncoder: await ensureEncoder(store, encoder("image", shape.image), true),
    textEncoder: await ensureEncoder(store, encoder("text", shape.text), true),
    asif: { k: 800, p: 8 },
    transform: "none",
  });
  let writing = 0;
  for (let at = 0; at < count; at += BATCH) {
    const batch = randomBatch(at, shape);
    writing += await secondsOf(() => upsertAnchors(store, collection, batch));
  }
  const singles = randomBatch(count, shape).slice(0, ONE_BY_ONE);
  const alone = await secondsOf(async () => {
    for (const anchor of singles) await upsertAnchors(store, collection, [anchor]);
  });
  let read = 0;
  const reading = await secondsOf(() => readAll(store, collection, (batch) => void (read += batch.length)));
  let replacing = 0;
  for (let at = 0; at < count; at += BATCH) {
    const batch = randomBatch(at, shape);
    replacing += await secondsOf(() => upsertAnchors(store, collection, batch));
  }
  return {
    floats: `${shape.image} + ${shape.text}`,
    "image bytes": shape.imageBytes,
    anchors: read,
    "upserts/s": Math.round(count / writing),
    "one by one/s": Math.round(ONE_BY_ONE / alone),
    ratio: Number((count / writing / (ONE_BY_ONE / alone)).toFixed(1)),
    "replacements/s": Math.round(count / replacing),
    "readAll s": Number(reading.toFixed(2)),
    "readAll anchors/s": Math.round(read / reading),
  };
};

await runScript({
  name: "bench:store",
  synopsis: "[options]",
  about:
    "Puts anchors into an embedded store of its own, in batches of a thousand and, as the alternative, one by one, and reads all of them back.",
  options: { anchors: { type: "string", value: "N", help: "how many", default: "10000" } },
  examples: ["--anchors 50000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(BATCH, 10_000_000) }),
  run: async ({ anchors }, { signal }) => {
    const count = Math.ceil(anchors / BATCH) * BATCH;
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const lock = await lockDataDir(dataDir);
    const store = await openStore({ dataDir, databaseUrl: null, log: silentLog });
    try {
      const lines: Line[] = [];
      for (const shape of SHAPES) {
        if (signal.aborted) return EXIT.interrupted;
        lines.push(await measure(store, shape, count));
      }
      console.table(lines);
      return EXIT.done;
    } finally {
      await store.close();
      await lock.release();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});
