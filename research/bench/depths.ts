import { EXIT, runScript } from "../../src/cli/cli.ts";
import { networkDirectory, readConfig } from "../../src/config.ts";
import { openModel } from "../../src/encoders/model.ts";
import { makeNetwork } from "../../src/features/default-encoders/make-network.ts";
import { NETWORKS } from "../../src/features/default-encoders/networks.ts";
import { createRandom } from "../../src/math/random.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { join } from "node:path";
import { z } from "zod";

const NETWORK = "inception-v3";
const OUTPUTS = ["mixed0", "mixed2", "mixed4", "mixed6", "mixed8", "mixed9", "mixed10"];
const IMAGES_A_BATCH = 8;
const SIDE = 299;

await runScript({
  name: "bench:depths",
  synopsis: "[options]",
  about:
    "Milliseconds an image of the blocks of Inception v3, batches of 8 without decoding: each from a file that ends at its block, and from the file of all blocks, in turns.",
  options: { rounds: { type: "string", value: "N", help: "how often each is run", default: "5" } },
  examples: ["--rounds 2"],
  schema: z.strictObject({ arguments: noArguments, rounds: wholeNumber(1, 1_000) }),
  run: async ({ rounds }, { log }) => {
    const network = NETWORKS.find(({ id }) => id === NETWORK);
    if (network === undefined) throw new Error(`there is no network ${NETWORK}`);
    const directory = networkDirectory(readConfig(process.env).dataDir);
    await makeNetwork(directory, network, log);
    const folder = join(directory, NETWORK);
    const random = createRandom(1);
    const pixels = Float32Array.from({ length: IMAGES_A_BATCH * SIDE * SIDE * 3 }, () => random.next());
    const lines = [];
    for (const output of OUTPUTS) {
      const manifest = network.cuts.find((cut) => cut.output === output);
      if (manifest?.modality !== "image") throw new Error(`there is no output ${output}`);
      const { height, width, layout } = manifest.image;
      const dims = [IMAGES_A_BATCH, ...(layout === "nchw" ? [3, height, width] : [height, width, 3])];
      const outputs = network.outputs.slice(0, network.outputs.indexOf(output) + 1);
      const models = {
        own: await openModel(folder, manifest, outputs),
        whole: await openModel(folder, manifest),
      };
      const ms = { own: 0, whole: 0 };
      for (let round = -1; round < rounds; round++)
        for (const kind of ["own", "whole"] as const) {
          const feeds = {
            [manifest.inputs.image]: { type: "float32" as const, data: Float32Array.from(pixels), dims },
          };
          const start = performance.now();
          await models[kind].run(feeds, [manifest]);
          // The first one does not count.
          if (round >= 0) ms[kind] += (performance.now() - start) / rounds / IMAGES_A_BATCH;
        }
      await models.own.close();
      await models.whole.close();
      lines.push({
        encoder: manifest.id,
        "ms, own file": Number(ms.own.toFixed(1)),
        "ms, whole file": Number(ms.whole.toFixed(1)),
        ratio: `${(ms.own / ms.whole).toFixed(2)} x`,
      });
    }
    console.table(lines);
    return EXIT.done;
  },
});
