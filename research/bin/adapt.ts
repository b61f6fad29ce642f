import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { openCore } from "../../src/collections/index.ts";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { adaptingChart, adaptingTable, evaluateAdapting } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { silentLog } from "../../src/log.ts";
import { defaultEncoderSource, importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

const schema = z
  .object({
    seeds: wholeNumber(1, 100),
    out: z.string().min(1),
    arguments: noArguments,
  })
  .strict();

const run = async ({ seeds, out }: z.infer<typeof schema>, terminal: Terminal): Promise<number> => {
  const { signal, print, note, log } = terminal;
  const { dataDir } = readConfig(process.env);
  const encoders = encoderDirectory(dataDir);
  await importDefaultEncoders({ directory: encoders, log });
  // A store of its own, so that nothing of the user's is touched.
  const home = await mkdtemp(join(tmpdir(), "anchorage-adapt-"));
  try {
    await symlink(resolve(encoders), encoderDirectory(home));
    const anchorage = await openCore({ dataDir: home, databaseUrl: null }, silentLog, {
      preload: true,
      encoderSources: [defaultEncoderSource],
    });
    try {
      const report = await evaluateAdapting({
        registry: anchorage.encoders,
        collections: anchorage.collections,
        directory: join(dataDir, "evaluation"),
        seeds,
        signal,
        log,
        progress: createProgress,
      });
      print(adaptingTable(report));
      await mkdir(out, { recursive: true });
      const files = {
        "adapting.json": `${JSON.stringify(report, null, 2)}\n`,
        "adapting.svg": adaptingChart(report),
      };
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(out, name), text);
        note(`wrote ${join(out, name)}`);
      }
      return EXIT.done;
    } finally {
      await anchorage.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    note("interrupted; image vectors that were made are kept");
    return EXIT.interrupted;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

await runScript({
  name: "adapt",
  synopsis: "[--seeds N] [--out DIR]",
  about: [
    "Shows what a few pairs of something new change: a group of emoji, or a vendor's style, is kept out of the anchors at first, then 1 to 100 pairs of it are added, and other drawings of it are asked about after each step; in memory over several draws, and once in a collection on Postgres, with times. Prints tables and writes adapting.json and adapting.svg.",
    "",
    "Image vectors are kept under DATA_DIR/evaluation, as npm run evaluate keeps them; nothing else of DATA_DIR is used.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    seeds: { type: "string", value: "N", help: "how many draws of the pairs", default: "8" },
    out: { type: "string", value: "DIR", help: "where the files go", default: "evaluation" },
  },
  examples: ["--seeds 4"],
  schema,
  run,
});
