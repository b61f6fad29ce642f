import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { join } from "node:path";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { evaluateTuning } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { noArguments } from "../../src/option-schemas.ts";
import { importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

await runScript({
  name: "bench:tuning",
  synopsis: "",
  about:
    "What tuning by cross-validation loses against the settings that are best on the test, on emoji that no anchor shows. Each half of the emoji is asked about in turn, in each style; the anchors show the other half.",
  options: {},
  examples: [],
  schema: z.strictObject({ arguments: noArguments }),
  run: async (_, { signal, log }) => {
    const { dataDir } = readConfig(process.env);
    const directory = encoderDirectory(dataDir);
    await importDefaultEncoders({ directory, log });
    const registry = await openEncoderRegistry({ folders: [directory], log });
    try {
      const lines = await evaluateTuning({
        ...{ registry, signal, log },
        directory: join(dataDir, "evaluation"),
        progress: createProgress,
      });
      console.table(lines);
      return EXIT.done;
    } finally {
      await registry.close();
    }
  },
});
