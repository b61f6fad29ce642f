import { join } from "node:path";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../../src/encoders/index.ts";
import { evaluateSureness } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { lineLog } from "../../src/log.ts";

/**
 * What coverage and calibration promise, beside what comes of it on emoji that no anchor shows: how predicted and
 * measured accuracy of classes correlate, how far confidence is from accuracy, how often abstaining and prediction sets
 * keep their word.
 *
 * `npm run bench:sureness -- [seeds] [reporting | tuning]`: so many draws of 300 classes in each style, 4 where not
 * given, of the half of the classes that is named: `tuning` where none is, for the signs of coverage were chosen on the
 * other.
 */
const main = async (): Promise<void> => {
  const [seeds = "4", half = "tuning"] = process.argv.slice(2);
  const log = lineLog(console.error);
  const { dataDir } = readConfig(process.env);
  const directory = encoderDirectory(dataDir);
  await importDefaultEncoders({ directory, log });
  const registry = await openEncoderRegistry({ folders: [directory], log });
  try {
    const lines = await evaluateSureness({
      registry,
      directory: join(dataDir, "evaluation"),
      seeds: Math.max(1, Number(seeds)),
      half: half === "reporting" ? "reporting" : "tuning",
      signal: new AbortController().signal,
      log,
      progress: createProgress,
    });
    for (const line of lines) console.table(line);
  } finally {
    await registry.close();
  }
};

await main();
