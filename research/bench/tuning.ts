import { join } from "node:path";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../../src/encoders/index.ts";
import { evaluateTuning } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { lineLog } from "../../src/log.ts";

/**
 * What tuning by cross-validation loses against the settings that are best on the test, on emoji that no anchor shows.
 * Each half of the emoji is asked about in turn, in each style; the anchors show the other half.
 */
const main = async (): Promise<void> => {
  const log = lineLog(console.error);
  const { dataDir } = readConfig(process.env);
  const directory = encoderDirectory(dataDir);
  await importDefaultEncoders({ directory, log });
  const registry = await openEncoderRegistry({ folders: [directory], log });
  try {
    const lines = await evaluateTuning({
      registry,
      directory: join(dataDir, "evaluation"),
      signal: new AbortController().signal,
      log,
      progress: createProgress,
    });
    console.table(lines);
  } finally {
    await registry.close();
  }
};

await main();
