import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { readConfig } from "../../src/config.ts";
import { evaluationDirectory, openLocalEncoders } from "../../src/features/evaluation/index.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { measureAutoGain, type GainLine } from "../evaluation/auto-gain.ts";

const schema = z
  .object({
    seeds: wholeNumber(1, 100),
    classes: wholeNumber(2, 1_000),
    anchors: z.array(wholeNumber(1, 100_000)).default([200, 500]),
    out: z.string().min(1),
    arguments: noArguments,
  })
  .strict();

const points = (value: number): string => value.toFixed(1).padStart(6);

const rowOf = ({ vendor, anchors, before, auto, differences }: GainLine): string =>
  [
    vendor.padEnd(18),
    String(anchors).padStart(6),
    before.map(points).join(""),
    auto.map(points).join(""),
    differences
      .map(({ mean, low, high }) => `${points(mean)} (${low.toFixed(1)} to ${high.toFixed(1)})`)
      .join(""),
  ].join("  ");

const run = async (
  { seeds, classes, anchors, out }: z.infer<typeof schema>,
  { signal, print, note, log }: Terminal,
): Promise<number> => {
  const config = readConfig(process.env);
  const registry = await openLocalEncoders(config, log);
  try {
    const lines = await measureAutoGain({
      registry,
      directory: evaluationDirectory(config),
      ...{ seeds, classes, signal, log },
      counts: [...anchors, null],
      progress: createProgress,
    });
    print(`${"unseen vendor".padEnd(18)} anchors  before, auto and the gain at top-1, 5 and 10`);
    for (const line of lines) print(rowOf(line));
    await mkdir(out, { recursive: true });
    const path = join(out, "auto-gain.json");
    await writeFile(path, `${JSON.stringify(lines, null, 2)}\n`);
    note(`wrote ${path}`);
    return EXIT.done;
  } finally {
    await registry.close();
  }
};

await runScript({
  name: "auto-gain",
  synopsis: "[--seeds N] [--anchors N ...] [--out DIR]",
  about:
    "Measures what `auto` gains on the settings that collections had before it: each vendor of the emoji sample in turn is asked about, by anchors of the others that show other emoji. Image vectors are kept under DATA_DIR/evaluation. Prints a table and writes auto-gain.json.",
  options: {
    seeds: { type: "string", value: "N", help: "how many runs", default: "8" },
    classes: { type: "string", value: "N", help: "how many classes are held out", default: "200" },
    anchors: {
      type: "string",
      multiple: true,
      value: "N",
      help: "so many anchors, beside all that there are [200 and 500]",
    },
    out: { type: "string", value: "DIR", help: "where the file goes", default: "evaluation" },
  },
  examples: ["--seeds 2 --anchors 300"],
  schema,
  run,
});
