import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { join } from "node:path";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { evaluateSureness } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

await runScript({
  name: "bench:sureness",
  synopsis: "[options]",
  about:
    "What coverage and calibration promise, beside what comes of it on emoji that no anchor shows: how predicted and measured accuracy of classes correlate, how far confidence is from accuracy, how often abstaining and prediction sets keep their word. Draws of 300 classes in each style.",
  options: {
    seeds: { type: "string", value: "N", help: "draws in each style", default: "4" },
    half: {
      type: "string",
      value: "HALF",
      help: "of the classes: tuning or reporting; the signs of coverage were chosen on reporting",
      default: "tuning",
    },
  },
  examples: ["--seeds 8 --half reporting"],
  schema: z.strictObject({
    arguments: noArguments,
    seeds: wholeNumber(1, 1_000),
    half: z.enum(["tuning", "reporting"], { error: "must be tuning or reporting" }),
  }),
  run: async ({ seeds, half }, { signal, log }) => {
    const { dataDir } = readConfig(process.env);
    const directory = encoderDirectory(dataDir);
    await importDefaultEncoders({ directory, log });
    const registry = await openEncoderRegistry({ folders: [directory], log });
    try {
      const lines = await evaluateSureness({
        ...{ registry, seeds, half, signal, log },
        directory: join(dataDir, "evaluation"),
        progress: createProgress,
      });
      for (const line of lines) console.table(line);
      return EXIT.done;
    } finally {
      await registry.close();
    }
  },
});
