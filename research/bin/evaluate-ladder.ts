import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { encoderDirectory, networkDirectory, readConfig } from "../../src/config.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { defaultEncoderSource, importDefaultEncoders } from "../../src/features/default-encoders/index.ts";
import { evaluationDirectory } from "../../src/features/evaluation/index.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { evaluateLadder, type LadderLine, type LadderTask } from "../evaluation/ladder-study.ts";

const TASKS = ["shown", "unseen"] as const satisfies readonly LadderTask[];
const HARM = 0.03;

const schema = z
  .object({
    folds: wholeNumber(2, 16),
    task: z.enum(TASKS).optional(),
    arguments: noArguments,
  })
  .strict();

const percent = (value: number): string => (100 * value).toFixed(1);

const rowOf = (line: LadderLine): string =>
  [
    line.task,
    ...[line.rung, line.full, line.fused].map(percent),
    `${percent(line.difference)} (${percent(line.low)} to ${percent(line.high)})`,
    ...[line.saving, line.harm, line.kept].map(percent),
  ].join(" | ");

const run = async (
  { folds, task }: z.infer<typeof schema>,
  { signal, print, log }: Terminal,
): Promise<number> => {
  const config = readConfig(process.env);
  const directory = encoderDirectory(config.dataDir);
  await importDefaultEncoders({ directory, log });
  const registry = await openEncoderRegistry({
    folders: [directory],
    networks: { directory: networkDirectory(config.dataDir), known: defaultEncoderSource.networks },
    log,
  });
  try {
    const lines = await evaluateLadder({
      registry,
      directory: evaluationDirectory(config),
      tasks: task === undefined ? TASKS : [task],
      folds,
      harm: HARM,
      signal,
      log,
      progress: createProgress,
    });
    print("classes | rung | full | fused | ladder - full (95 %) | saving | harm | splits within the bound");
    for (const line of lines) print(rowOf(line));
    return EXIT.done;
  } finally {
    await registry.close();
  }
};

await runScript({
  name: "evaluate-ladder",
  synopsis: "[--folds N] [--task shown|unseen]",
  about:
    "Measures what stopping at a cheap encoder saves and costs: emoji are asked by the drawings of one vendor. Half of the folds of 100 classes choose the threshold, the other half tells, over 20 splits. All figures are percentages; savings are of multiply-adds. Image vectors are kept in DATA_DIR.",
  options: {
    folds: { type: "string", value: "N", help: "how many folds of 100 classes", default: "16" },
    task: { type: "string", value: "TASK", help: "shown or unseen alone" },
  },
  examples: ["--task shown"],
  schema,
  run,
});
