import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { readConfig } from "../../src/config.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { defaultEncoderSource } from "../../src/features/default-encoders/index.ts";
import { evaluationDirectory } from "../../src/features/evaluation/index.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import {
  emojiTrials,
  FORECAST_ENCODERS,
  forecastStudyLines,
  generatedTrials,
} from "../evaluation/forecast-study.ts";

const DATA = ["emoji", "generated"] as const;

const schema = z
  .object({
    arguments: noArguments,
    data: z.enum(DATA, `must be one of ${DATA.join(", ")}`).optional(),
    encoder: z.array(z.string().min(1)).optional(),
    draws: wholeNumber(1, 10),
    seed: wholeNumber(0, 1_000_000),
    out: z.string().min(1),
  })
  .strict();

const run = async (
  { data, encoder = [...FORECAST_ENCODERS], draws, seed, out }: z.infer<typeof schema>,
  { signal, log, print, note }: Terminal,
): Promise<number> => {
  const config = readConfig(process.env);
  const encoders = join(config.dataDir, "encoders");
  await defaultEncoderSource.importInto({ directory: encoders, log });
  const registry = await openEncoderRegistry({
    folders: [encoders],
    networks: { directory: encoders, known: defaultEncoderSource.networks },
    log,
  });
  const options = { draws, seed, signal, progress: createProgress };
  try {
    const directory = evaluationDirectory(config);
    const trials = [
      ...(data === "generated" ? [] : await emojiTrials(encoder, { ...options, registry, directory, log })),
      ...(data === "emoji" ? [] : await generatedTrials(options)),
    ];
    for (const line of forecastStudyLines(trials)) print(line);
    await mkdir(out, { recursive: true });
    const path = join(out, "forecast.json");
    await writeFile(path, `${JSON.stringify(trials, null, 2)}\n`);
    note(`wrote ${path}`);
    return EXIT.done;
  } finally {
    await registry.close();
  }
};

await runScript({
  name: "evaluate-forecast",
  synopsis: "[--data NAME] [--encoder ID ...] [--draws N] [--seed N] [--out DIR]",
  about:
    "Measures how right forecasts are: errors of emoji, and of made-up pairs, are forecast at twice the anchors and then measured, beside a line in the logarithm and no change. Image vectors are kept under DATA_DIR/evaluation. Prints a table and writes forecast.json.",
  options: {
    data: { type: "string", value: "NAME", help: `only one of ${DATA.join(", ")}` },
    encoder: {
      type: "string",
      multiple: true,
      value: "ID",
      help: `image encoders of the emoji [${FORECAST_ENCODERS.join(", ")}]`,
    },
    draws: { type: "string", value: "N", help: "random draws of the anchors of each size", default: "2" },
    seed: { type: "string", value: "N", help: "of the classes, the draws and the data", default: "0" },
    out: { type: "string", value: "DIR", help: "where the file goes", default: "evaluation" },
  },
  examples: ["--draws 1 --encoder inception-v3-mixed6"],
  schema,
  run,
});
