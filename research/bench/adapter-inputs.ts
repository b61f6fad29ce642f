import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createClient, imageOf, type CollectionClient, type InputBody } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { startService } from "./service.ts";
import { median } from "../../src/math/statistics.ts";

/** Pixels a side of the images, as they are sent. */
const SIDE = 128;
const ROUNDS = 5;

/** After one round that is not counted, in milliseconds. */
const medianMs = async (
  collection: CollectionClient,
  inputOf: (round: number, i: number) => InputBody,
  batch: number,
): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const inputs = Array.from({ length: batch }, (_, i) => inputOf(round, i));
    const began = performance.now();
    const file = await collection.adapterInputsFile({ inputs, format: "safetensors" });
    await file.arrayBuffer();
    if (round > 0) times.push(performance.now() - began);
  }
  return median(times);
};

const noise = async (seed: number): Promise<{ base64: string }> => {
  const random = createRandom(seed);
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => Math.floor(256 * random.next()));
  const png = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } }).png();
  return imageOf(await png.toBuffer());
};

await runScript({
  name: "bench:adapter-inputs",
  synopsis: "[options]",
  about:
    "How long adapter inputs (the six layers of the default image encoder) of stored anchors take beside those of the same images sent as pixels, over HTTP as safetensors, in requests of 1 and of 32; medians of five rounds.",
  options: {
    anchors: { type: "string", value: "N", help: "how many there are", default: "64" },
  },
  examples: ["--anchors 256"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(1, 100_000) }),
  run: async ({ anchors: count }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-"));
    const service = await startService(dataDir);
    try {
      const client = createClient({ url: service.url });
      await client.createCollection({ name: "bench" });
      const bench = client.collection("bench");
      const images = await Promise.all(Array.from({ length: count }, (_, i) => noise(i)));
      await bench.putAnchors(images.map((image, i) => ({ id: `a${i}`, text: `the picture ${i}`, image })));
      const began = performance.now();
      const { id } = await bench.makeFeatures();
      for (;;) {
        const { state, error } = await client.getJob(id);
        if (state === "done") break;
        if (state !== "running") throw new Error(`the features were not made: ${state}, ${error ?? ""}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const made = (performance.now() - began) / 1_000;
      const lines: Record<string, string | number>[] = [];
      for (const batch of new Set([1, Math.min(32, count)])) {
        const stored = await medianMs(
          bench,
          (round, i) => ({ anchor: `a${(round * batch + i) % count}` }),
          batch,
        );
        const pixels = await medianMs(
          bench,
          (round, i) => ({ image: images[(round * batch + i) % count] ?? { base64: "" } }),
          batch,
        );
        lines.push({
          inputs: batch,
          "stored, ms": Number(stored.toFixed(1)),
          "from pixels, ms": Number(pixels.toFixed(1)),
          ratio: Number((pixels / stored).toFixed(1)),
        });
      }
      console.table(lines);
      console.log(
        `features of ${count} stored images were made in ${made.toFixed(1)} s, the network's import included`,
      );
      return EXIT.done;
    } finally {
      await service.end();
      await rm(dataDir, { recursive: true });
    }
  },
});
