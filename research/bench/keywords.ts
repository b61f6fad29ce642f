import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { silentLog } from "../../src/log.ts";
import { createRandom } from "../../src/math/random.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import {
  createCollection,
  ensureEncoder,
  lockDataDir,
  openStore,
  searchCaptions,
  upsertAnchors,
  type AnchorWrite,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, EncoderId, Modality } from "../../src/types.ts";

const BATCH = 5_000;
const DIMENSION = 8;
const WORDS = 20_000;
const REPEATS = 9;

/** Words as in a language: word i is about as frequent as 1 / i. */
const captionOf = (random: ReturnType<typeof createRandom>): string =>
  Array.from({ length: 8 }, () => `w${Math.floor(WORDS ** random.next())}`).join(" ");

/** How long keywords take to be found among `anchors` captions, with the index of words and without. */
const measure = async (anchors: number): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
  const lock = await lockDataDir(dataDir);
  const store = await openStore({ dataDir, databaseUrl: null, log: silentLog });
  try {
    const encoder = (modality: Modality) =>
      ensureEncoder(
        store,
        {
          ...{ id: `external-${DIMENSION}` as EncoderId, modality, dimension: DIMENSION, default: false },
          ...{ sha256: "", source: "", licence: "" },
        },
        true,
      );
    const collection = await createCollection(store, {
      name: "bench" as CollectionName,
      ...{ imageEncoder: await encoder("image"), textEncoder: await encoder("text") },
      ...{ asif: { k: 100, p: 8 }, transform: "none" },
    });
    const random = createRandom(1);
    const vector = Float32Array.from({ length: DIMENSION }, () => 1);
    const started = performance.now();
    for (let first = 0; first < anchors; first += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, anchors - first) }, (_, at): AnchorWrite => ({
        ...{ id: `a${first + at}` as AnchorId, caption: captionOf(random), metadata: {}, image: null },
        ...{ imageVector: vector, textVector: vector },
      }));
      await upsertAnchors(store, collection, batch);
    }
    process.stdout.write(
      `${anchors} captions written in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
    );
    for (const has of ["with the index", "without it"]) {
      for (const words of [["w9000"], ["w40", "w300"], ["w1"]]) {
        const times: number[] = [];
        let found = 0;
        for (let i = 0; i < REPEATS; i++) {
          const asked = performance.now();
          found = (await searchCaptions(store, collection, words, 100)).length;
          times.push(performance.now() - asked);
        }
        times.sort((a, b) => a - b);
        const median = times[Math.floor(REPEATS / 2)] ?? 0;
        process.stdout.write(`${has}: ${words.join(" ")}, ${found} hits, ${median.toFixed(1)} ms\n`);
      }
      await store.query((queries) => queries.execute(sql`DROP INDEX IF EXISTS anchors_caption_words`));
    }
  } finally {
    await store.close();
    await lock.release();
    await rm(dataDir, { recursive: true });
  }
};

await runScript({
  name: "bench:keywords",
  synopsis: "[options]",
  about: "How long keywords take to be found among captions, with the index of words and without.",
  options: { anchors: { type: "string", value: "N", help: "how many captions", default: "100000" } },
  examples: ["--anchors 20000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(1_000, 1_000_000) }),
  run: async ({ anchors }) => {
    await measure(anchors);
    return EXIT.done;
  },
});
